import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { ndjson, ndjsonFile } from '../ndjson.ts';
import { decodeCursor, encodeCursor } from '../paging.ts';
import { problemResponses } from '../problem.ts';
import { actorOf, type AppContext, createRouter } from '../router.ts';
import type { Action } from './actions.ts';
import { certify } from './certificate/certify.ts';
import { exportItems } from './certificate/export-items.ts';
import {
  CertificateKey,
  CertifiedItemsQuery,
  CertifiedItem,
  SealedCertificate,
} from './certificate/schemas.ts';
import { readPublicKey } from './certificate/sign.ts';
import { decide } from './decide.ts';
import { createEvidence } from './evidence.ts';
import { giveVerdict } from './give-verdict.ts';
import { previewReplay } from './preview.ts';
import { listItems, listReplays } from './queries.ts';
import { resendUnknown } from './resend.ts';
import { readReplay, summarize } from './read-replay.ts';
import { withWaiting } from './waiting.ts';
import {
  NewReplay,
  ReplayDecision,
  ReplayDetail,
  ReplayItemParam,
  ReplayItemQuery,
  ReplayItems,
  ReplayList,
  ReplayParam,
  ReplayQuery,
  ReplayResend,
  ReplayResent,
  UnknownVerdict,
} from './schemas.ts';

const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });
const Before = z.tuple([z.string().regex(/^\d{1,18}$/)]);
const Position = z.tuple([z.int().min(0)]);

const preview = createRoute({
  method: 'post',
  path: '/replays',
  summary: 'Preview a replay: freeze what would be sent, and say what it would do',
  description: 'Nothing is sent. A preview that nobody starts or submits is deleted after a day.',
  request: { body: { ...json(NewReplay), required: true } },
  responses: { 201: { description: 'The frozen preview', ...json(ReplayDetail) }, ...problemResponses },
});

const list = createRoute({
  method: 'get',
  path: '/replays',
  summary: 'Replays, newest first',
  description: 'Previews are left out unless they are asked for by state.',
  request: { query: ReplayQuery },
  responses: { 200: { description: 'A page of replays', ...json(ReplayList) }, ...problemResponses },
});

const read = createRoute({
  method: 'get',
  path: '/replays/{id}',
  summary: 'One replay, with what the present actor may do with it',
  request: { params: ReplayParam },
  responses: { 200: { description: 'The replay', ...json(ReplayDetail) }, ...problemResponses },
});

const items = createRoute({
  method: 'get',
  path: '/replays/{id}/items',
  summary: 'Messages of a replay in the order of its manifest',
  request: { params: ReplayParam, query: ReplayItemQuery },
  responses: { 200: { description: 'A page of messages', ...json(ReplayItems) }, ...problemResponses },
});

const certificate = createRoute({
  method: 'get',
  path: '/replays/{id}/certificate',
  summary:
    'Proof of a replay: who asked, who approved, what was sent, what became of it, and a digest over all of it',
  request: { params: ReplayParam },
  responses: { 200: { description: 'The certificate', ...json(SealedCertificate) }, ...problemResponses },
});

const certified = createRoute({
  method: 'get',
  path: '/replays/{id}/certificate/items',
  summary: 'Every message of a replay with what became of it, or every one not confirmed, one JSON line each',
  description:
    'In the order of the manifest. Their hashes make up the manifest, their lines the ledger of the certificate.',
  request: { params: ReplayParam, query: CertifiedItemsQuery },
  responses: {
    200: { description: 'Lines', content: { [ndjson]: { schema: CertifiedItem } } },
    ...problemResponses,
  },
});
const certificateKey = createRoute({
  method: 'get',
  path: '/replays/certificate-key',
  summary: 'The public key by which certificates of this installation are verified',
  responses: { 200: { description: 'The key', ...json(CertificateKey) }, ...problemResponses },
});

const verdict = createRoute({
  method: 'post',
  path: '/replays/{id}/items/{position}/verdict',
  summary: 'Say whether a message of unknown outcome arrived',
  request: { params: ReplayItemParam, body: { ...json(UnknownVerdict), required: true } },
  responses: { 200: { description: 'The replay', ...json(ReplayDetail) }, ...problemResponses },
});

const resend = createRoute({
  method: 'post',
  path: '/replays/{id}/resend',
  summary: 'Send messages of unknown outcome again, where the target itself drops the second of two',
  description:
    'They keep the deduplication ids of their first send. Refused with conflict when the target does not promise to drop repetitions; left out is what it may have forgotten.',
  request: { params: ReplayParam, body: { ...json(ReplayResend), required: true } },
  responses: { 200: { description: 'What became of it', ...json(ReplayResent) }, ...problemResponses },
});

const summaries: Readonly<Record<Action, string>> = {
  submit: 'Ask for approval',
  start: 'Start a replay that needs no approval',
  approve: 'Approve exactly what was looked at; never by whoever asked',
  reject: 'Refuse a replay',
  pause: 'Stop sending for now',
  resume: 'Go on after a pause or a halt',
  cancel: 'Send nothing more',
};
const decision = <Name extends Action>(action: Name) =>
  createRoute({
    method: 'post',
    path: `/replays/{id}/${action}` as const,
    summary: summaries[action],
    request: { params: ReplayParam, body: { ...json(ReplayDecision), required: true } },
    responses: { 200: { description: 'The replay', ...json(ReplayDetail) }, ...problemResponses },
  });

export function replayRoutes(context: Context) {
  const evidence = createEvidence(context.clickHouse);
  const act = async (c: AppContext, action: Action, id: string, decision: ReplayDecision) => {
    await decide(context, actorOf(c), id, action, decision, c.get('requestId'));
    return readReplay(context, actorOf(c), id);
  };
  return createRouter()
    .openapi(preview, async (c) => {
      const id = await previewReplay(context, evidence, actorOf(c), c.req.valid('json'), c.get('requestId'));
      return c.json(await readReplay(context, actorOf(c), id), 201);
    })
    .openapi(list, async (c) => {
      const { limit, cursor, ...filter } = c.req.valid('query');
      const before = cursor ? decodeCursor(cursor, Before)[0] : null;
      const rows = await listReplays(context.postgres, filter, { before, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const nextCursor = rows.length > limit && last ? encodeCursor([last.seq]) : null;
      return c.json({ items: page.map((row) => summarize(context, row)), nextCursor }, 200);
    })
    .openapi(certificateKey, async (c) => c.json(await readPublicKey(context.postgres, context.now()), 200))
    .openapi(read, async (c) => c.json(await readReplay(context, actorOf(c), c.req.valid('param').id), 200))
    .openapi(items, async (c) => {
      const { limit, cursor, state } = c.req.valid('query');
      const from = cursor ? decodeCursor(cursor, Position)[0] : 0;
      const page = { from, limit: limit + 1, state: state ?? null };
      const rows = await listItems(context.postgres, c.req.valid('param').id, page);
      const next = rows[limit];
      const shown = await withWaiting(context, c.req.valid('param').id, rows.slice(0, limit));
      return c.json({ items: shown, nextCursor: next ? encodeCursor([next.position]) : null }, 200);
    })
    .openapi(certificate, async (c) => c.json(await certify(context, c.req.valid('param').id), 200))
    .openapi(certified, async (c) => {
      const { id } = c.req.valid('param');
      const lines = await exportItems(context, id, c.req.valid('query').only === 'not_confirmed');
      return c.body(lines, 200, ndjsonFile(`replay-${id}.ndjson`));
    })
    .openapi(verdict, async (c) => {
      const at = c.req.valid('param');
      await giveVerdict(context, actorOf(c), at, c.req.valid('json'), c.get('requestId'));
      return c.json(await readReplay(context, actorOf(c), at.id), 200);
    })
    .openapi(resend, async (c) =>
      c.json(
        await resendUnknown(
          context,
          actorOf(c),
          c.req.valid('param').id,
          c.req.valid('json'),
          c.get('requestId'),
        ),
        200,
      ),
    )
    .openapi(decision('submit'), async (c) =>
      c.json(await act(c, 'submit', c.req.valid('param').id, c.req.valid('json')), 200),
    )
    .openapi(decision('start'), async (c) =>
      c.json(await act(c, 'start', c.req.valid('param').id, c.req.valid('json')), 200),
    )
    .openapi(decision('approve'), async (c) =>
      c.json(await act(c, 'approve', c.req.valid('param').id, c.req.valid('json')), 200),
    )
    .openapi(decision('reject'), async (c) =>
      c.json(await act(c, 'reject', c.req.valid('param').id, c.req.valid('json')), 200),
    )
    .openapi(decision('pause'), async (c) =>
      c.json(await act(c, 'pause', c.req.valid('param').id, c.req.valid('json')), 200),
    )
    .openapi(decision('resume'), async (c) =>
      c.json(await act(c, 'resume', c.req.valid('param').id, c.req.valid('json')), 200),
    )
    .openapi(decision('cancel'), async (c) =>
      c.json(await act(c, 'cancel', c.req.valid('param').id, c.req.valid('json')), 200),
    );
}
