import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { faultsOf } from '@plumbline/control-plane/replays/certificate/check.ts';
import type {
  CertifiedItem,
  SealedCertificate,
} from '@plumbline/control-plane/replays/certificate/schemas.ts';
import type { ReplayDetail } from '@plumbline/control-plane/replays/schemas.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addLetters } from './letters.ts';
import { openReplayStand, type ReplayStand } from './replay-stand.ts';

let stand: ReplayStand;
let ada = '';
let bob = '';
let viewer = '';

beforeAll(async () => {
  stand = await openReplayStand({ approvalAbove: 2, stages: [1], perSecond: 10_000, haltRatio: 1 });
  ({ cookie: ada } = await stand.addPerson('engineer', 'ada@example.com'));
  ({ cookie: bob } = await stand.addPerson('operator', 'bob@example.com'));
  viewer = await stand.tokenOf('viewer');
});
beforeEach(() => stand.clear());
afterAll(() => stand.close());

const read = async (id: string) =>
  (await stand.ask('GET', `/replays/${id}/certificate`, { token: viewer })).body as SealedCertificate;

/** Asked by Ada, approved by Bob, edited, with one message that fails again. */
async function replayed(): Promise<{ id: string; sealed: SealedCertificate }> {
  const letters = await addLetters(stand.context.postgres, 5);
  const asked = await stand.ask('POST', '/replays', {
    cookie: ada,
    json: {
      filter: { flow: 'orders' },
      reason: 'the ERP is back',
      patch: [{ op: 'replace', path: '/quantity', value: 2.5 * 2 }],
      scheduledFor: new Date(stand.clock.now.getTime() + 1000).toISOString().replace('.000Z', 'Z'),
    },
  });
  const { id, revision, approvalHash } = asked.body as ReplayDetail;
  await stand.ask('POST', `/replays/${id}/submit`, { cookie: ada, json: { revision } });
  const approval = { revision: revision + 1, approvalHash };
  await stand.ask('POST', `/replays/${id}/approve`, { cookie: bob, json: approval });
  stand.memory.answer((message, nth) => {
    stand.telemetry.tell(message.messageId, nth === 3 ? 'failed' : 'delivered');
    return { kind: 'accepted', position: `1/${nth}` };
  });
  stand.pass(2000);
  const engine = stand.startEngine();
  await stand.until(id, ({ state }) => state === 'finished');
  await engine.stop();
  expect(letters).toHaveLength(5);
  return { id, sealed: await read(id) };
}

test('a certificate says who, what and what became of it, and its own data prove it', async () => {
  const { id, sealed } = await replayed();
  expect(sealed.certificate).toMatchObject({
    replay: { id, flow: 'orders', state: 'finished', isFinal: true },
    requestedBy: { name: 'ada@example.com' },
    decidedBy: { name: 'bob@example.com' },
    approval: { binds: { destination: 'erp.orders', patch: [{ path: '/quantity', value: 5 }] } },
    counts: { items: 5, confirmed: 4, refailed: 1 },
    itemsAre: 'all',
  });
  expect(sealed.certificate.approval.approvedSha256).toBe(sealed.certificate.approval.sha256);
  expect(sealed.certificate.audit.map(({ action, actorName }) => `${action} ${actorName}`)).toEqual([
    'replays.preview ada@example.com',
    'replays.submit ada@example.com',
    'replays.approve bob@example.com',
    'replays.begin Plumbline',
    'replays.finish Plumbline',
  ]);
  expect(sealed.certificate.items.map(({ state, proof }) => [state, proof])).toEqual([
    ['confirmed', '1/0'],
    ['confirmed', '1/1'],
    ['confirmed', '1/2'],
    ['refailed', '1/3'],
    ['confirmed', '1/4'],
  ]);
  expect(faultsOf(sealed)).toEqual([]);
});

test('the digest of the ledger can be made again from what the API says of each message', async () => {
  const { sealed } = await replayed();
  const lines = sealed.certificate.items.map(
    ({ position, deadLetterId, generation, state, messageId, proof, traceId, spanId }) =>
      [position, deadLetterId, generation, state, messageId, proof, traceId, spanId]
        .map((one) => one ?? '')
        .join('\t') + '\n',
  );
  expect(sealed.certificate.ledger).toEqual({
    rows: 5,
    sha256: createHash('sha256').update(lines.join('')).digest('hex'),
  });
});

test.each<[string, (sealed: SealedCertificate) => void, string]>([
  ['an outcome', ({ certificate }) => void (certificate.counts.confirmed = 5), 'the outcomes do not add up'],
  [
    'a name',
    ({ certificate }) => void (certificate.requestedBy.name = 'Mallory'),
    'not what its digest is of',
  ],
  [
    'the edit',
    ({ certificate }) => void (certificate.approval.binds.patch = null),
    'not what the approval hash is of',
  ],
  [
    'a message',
    ({ certificate: { items } }) => void (items[0] && (items[0].payloadSha256 = '0'.repeat(64))),
    'the messages are not those of the manifest',
  ],
])('a certificate in which %s was changed gives itself away', async (_name, change, fault) => {
  const { sealed } = await replayed();
  change(sealed);
  expect(faultsOf(sealed).join('; ')).toContain(fault);
});

const plumbline = fileURLToPath(new URL('../../../deploy/local/plumbline.ts', import.meta.url));
const ask = async (route: string) => {
  const headers = { authorization: `Bearer ${viewer}` };
  const answer = await stand.app.request(`/api/v1/replays/${route}`, { headers });
  return { status: answer.status, text: await answer.text() };
};

/** What the command line says of these files, and how it ends. */
async function verified(...texts: string[]): Promise<{ code: number; text: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'plumbline-certificate-'));
  const files = texts.map((_, at) => path.join(folder, String(at)));
  await Promise.all(texts.map((text, at) => writeFile(files[at] ?? '', text)));
  const run = promisify(execFile)(process.execPath, [plumbline, 'verify-certificate', ...files]);
  return run.then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: { code: number; stderr: string }) => ({ code: error.code, text: error.stderr }),
  );
}

test('the command line verifies signature, key and messages, and says what does not fit', async () => {
  const { id, sealed } = await replayed();
  const key = (await ask('certificate-key')).text;
  const items = (await ask(`${id}/certificate/items`)).text;
  expect(items.split('\n')).toHaveLength(6);
  const good = await verified(JSON.stringify(sealed), key, items);
  expect(good).toMatchObject({ code: 0 });
  expect(good.text).toMatch(/4 of 5 messages confirmed[^]*as it must be[^]*its manifest and its ledger/);

  const other = generateKeyPairSync('ed25519');
  const publicKey = other.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const keyId = createHash('sha256')
    .update(other.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  const value = sign(null, Buffer.from(sealed.sha256, 'hex'), other.privateKey).toString('base64');
  const forged = { ...sealed, signature: { ...sealed.signature, keyId, publicKey, value } };
  expect(await verified(JSON.stringify(forged), key)).toMatchObject({ code: 1 });
  expect((await verified(JSON.stringify(forged), key)).text).toContain('signed by another key');
  const unsigned = { ...sealed, signature: { ...sealed.signature, value } };
  expect((await verified(JSON.stringify(unsigned))).text).toContain('the signature is not of this digest');
  const lied = items.replace('"refailed"', '"confirmed"');
  expect((await verified(JSON.stringify(sealed), key, lied)).text).toContain('not those of the ledger');
});

test('the export goes on behind a thousand messages, and names all that are not confirmed', async () => {
  await addLetters(stand.context.postgres, 2100);
  const { id } = await stand.preview({ filter: { flow: 'orders' } });
  await stand.context.postgres.query(
    `INSERT INTO replay_items (replay_id, position, dead_letter_id, generation, state, message_id, epoch, claimed_at, settled_at)
     SELECT $1, m.chunk * 1000 + u.n - 1, u.id, 1, 'confirmed', 'm', 1, now(), now()
     FROM replay_manifests m CROSS JOIN LATERAL unnest(m.dead_letters) WITH ORDINALITY AS u (id, n)
     WHERE m.replay_id = $1 AND m.chunk * 1000 + u.n - 1 NOT IN (0, 1000, 2099)`,
    [id],
  );
  const lines = async (query: string) =>
    (await ask(`${id}/certificate/items?${query}`)).text
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as CertifiedItem).position);
  expect(await lines('')).toEqual(Array.from({ length: 2100 }, (_, position) => position));
  expect(await lines('only=not_confirmed')).toEqual([0, 1000, 2099]);
  expect((await ask('00000000-0000-4000-8000-000000000000/certificate/items')).status).toBe(404);
});

test('a certificate of a replay that is not over says so, and one of none is not found', async () => {
  await addLetters(stand.context.postgres, 1);
  const { id } = await stand.preview({ filter: { flow: 'orders' } });
  const { certificate } = await read(id);
  expect(certificate).toMatchObject({
    replay: { state: 'previewed', isFinal: false },
    decidedBy: null,
    approval: { approvedSha256: null },
    ledger: { rows: 0 },
    items: [{ state: 'pending', generation: null }],
  });
  const missing = await stand.ask('GET', '/replays/00000000-0000-4000-8000-000000000000/certificate', {
    token: viewer,
  });
  expect(missing.status).toBe(404);
});
