import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { decodeHeaders } from './headers.ts';
import { rulesOf } from './letter.ts';
import {
  findLetter,
  listAttempts,
  listHolders,
  listNotes,
  type DetailRow,
  type SummaryRow,
} from './queries.ts';
import { hideInDeath, hideInLetter, hideQuotes, secretsOf } from './quotes.ts';
import type { DeadLetterDetail, DeadLetterSummary } from './schemas.ts';
import { viewBody, viewHeaders } from './view-letter.ts';

/** One dead letter as a person may see it: masked, with its deaths, notes and replays. @throws Problem not_found */
export async function readDeadLetter(context: Context, id: string): Promise<DeadLetterDetail> {
  const { postgres } = context;
  const letter = await letterOf(context, id);
  const [attempts, notes, replays] = await Promise.all([
    listAttempts(postgres, id),
    listNotes(postgres, letter),
    listHolders(postgres, id),
  ]);
  const { catalog } = context.catalog.current();
  const flow = catalog.flows.find(({ name }) => name === letter.flow);
  const key = letter.key?.toString('utf8') ?? null;
  const rules = rulesOf(catalog, flow);
  // It was masked as it was written down, by the rules of that day: what is hidden since then is hidden here.
  const secrets = secretsOf({ body: letter.body, headers: decodeHeaders(letter.headers) }, rules);
  return {
    ...hideInLetter(summaryOf(letter), secrets),
    flowTitle: flow?.title ?? letter.flow,
    source: flow?.source ?? '',
    target: flow?.target ?? '',
    entity: flow?.entity ?? '',
    key,
    partition: letter.partition,
    destination: letter.destination,
    payloadHash: letter.payloadHash.toString('hex'),
    version: letter.version,
    headers: viewHeaders(letter.headers, rules, secrets),
    body: viewBody(letter, catalog, flow),
    attempts: attempts.map((attempt) => hideInDeath(attempt, secrets)),
    notes,
    replays: replays.map((replay) => ({
      ...replay,
      reason: replay.reason === null ? null : hideQuotes(replay.reason, secrets),
    })),
  };
}

/** @throws Problem not_found */
export async function letterOf(context: Context, id: string): Promise<DetailRow> {
  const letter = await findLetter(context.postgres, id);
  if (letter) return letter;
  throw new Problem(
    'not_found',
    'There is no such dead letter: it may have been deleted after its retention.',
  );
}

export function summaryOf(row: SummaryRow): DeadLetterSummary {
  const { seq: _, ...rest } = row;
  return {
    id: rest.id,
    flow: rest.flow,
    messageId: rest.messageId,
    state: rest.state,
    cause: rest.cause,
    errorType: rest.errorType,
    errorMessage: rest.errorMessage,
    failedAt: rest.failedAt,
    arrivedAt: rest.arrivedAt,
    keys: rest.keys,
    value: rest.value,
    bodyBytes: rest.bodyBytes,
    traceId: rest.traceId,
    spanId: rest.spanId,
    generation: rest.generation,
    revision: rest.revision,
    assignee: rest.assignee,
    tags: rest.tags,
    snoozedUntil: rest.snoozedUntil,
    replayId: rest.replayId,
    settledAt: rest.settledAt,
    settledWhy: rest.settledWhy,
  };
}
