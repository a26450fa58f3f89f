import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import { AuditList } from '@plumbline/control-plane/audit/schemas.ts';
import { DeadLetterDetail, DeadLetterReceipts } from '@plumbline/control-plane/dead-letters/schemas.ts';
import { ReplayDetail, ReplayItems } from '@plumbline/control-plane/replays/schemas.ts';
import { z } from 'zod';
import { personWith, type Answer, type Person } from '../../platform/person.ts';
import { Received, type Behaviour } from './erp.ts';
import { tellOfProcessing } from './telling.ts';

const stand = inject('acceptance');
/** Much longer than anything takes, for a machine that is busy with other things. */
const untilMsMax = 90_000;

export type Replay = z.output<typeof ReplayDetail>;
export type Item = z.output<typeof ReplayItems>['items'][number];
export type Letter = z.output<typeof DeadLetterDetail>;
const Problem = z.object({ code: z.string(), detail: z.string().default('') });
const TokenMade = z.object({ secret: z.string() });

const session = (name: keyof typeof stand.cookies) =>
  personWith(stand.apiUrl, name, { cookie: stand.cookies[name] });

/** Operators may ask and approve, engineers may force as well. Each has a session of their own. */
export const olga = session('olga');
export const otto = session('otto');
export const erik = session('erik');
export const eva = session('eva');
export const ada = session('ada');

function withToken(name: string, token: string): Person {
  return personWith(stand.apiUrl, name, { authorization: `Bearer ${token}` });
}

/** Makes a token as its owner would in the settings. */
export async function tokenOf(owner: Person, role: string): Promise<Person> {
  const name = `token ${randomUUID()}`;
  return withToken(name, TokenMade.parse(await asked(owner, '/tokens', { name, role })).secret);
}

/** Asks, and again while the platform says that it is too busy: nothing was done then. @throws Error without an answer */
export async function answerOf(person: Person, path: string, json: unknown): Promise<Answer> {
  for (const endMs = Date.now() + untilMsMax; ; await sleep(200)) {
    const answer = await person.post(path, json);
    if (!answer) throw new Error(`POST ${path} was not answered.`);
    if (answer.status !== 503 || Date.now() > endMs) return answer;
  }
}

/** The body of an answer that must be a good one. */
export async function asked(person: Person, path: string, json: unknown): Promise<unknown> {
  const { status, body } = await answerOf(person, path, json);
  if (status >= 300) throw new Error(`POST ${path}: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** Why something was refused: the code of the problem. */
export async function refusal(person: Person, path: string, json: unknown): Promise<string> {
  const { status, body } = await answerOf(person, path, json);
  return status < 300 ? `accepted with ${status}` : Problem.parse(body).code;
}

export interface NewLetter {
  readonly messageId: string;
  readonly order: string;
  readonly body?: Buffer;
  readonly fields?: object;
  readonly more?: object;
}

/** Hands in letters as middleware does that has no dead-letter queue. Answers their ids, in order. */
export async function handIn(flow: string, letters: readonly NewLetter[]): Promise<string[]> {
  const items = letters.map(({ messageId, order, body, fields, more }) => ({
    flow,
    messageId,
    body: (body ?? Buffer.from(JSON.stringify({ order, quantity: 1, ...fields }))).toString('base64'),
    bodyEncoding: 'base64',
    failedAt: new Date().toISOString(),
    errorType: 'TimeoutError',
    errorMessage: `no answer for ${order}`,
    ...more,
  }));
  const body = await asked(olga, '/dead-letters', { items });
  return DeadLetterReceipts.parse(body).items.map(({ id }) => id);
}

/** So many letters of keys of their own. */
export function manyLetters(prefix: string, count: number): NewLetter[] {
  return Array.from({ length: count }, (_, n) => ({
    messageId: `${prefix}-${n}`,
    order: `${prefix.toUpperCase()}-${n}`,
  }));
}

export async function preview(person: Person, ask: object): Promise<Replay> {
  return ReplayDetail.parse(await asked(person, '/replays', { reason: 'the ERP is back', ...ask }));
}

export function readReplay(id: string): Promise<Replay> {
  return olga.get(`/replays/${id}`, ReplayDetail);
}

export async function itemsOf(id: string, state?: string): Promise<Item[]> {
  const query = state === undefined ? '' : `&state=${state}`;
  return (await olga.get(`/replays/${id}/items?limit=500${query}`, ReplayItems)).items;
}

export function letterOf(id: string): Promise<Letter> {
  return olga.get(`/dead-letters/${id}`, DeadLetterDetail);
}

/** Takes one decision on the replay as it is now. */
export async function decide(person: Person, id: string, action: string): Promise<Answer> {
  const { revision, approvalHash } = await readReplay(id);
  return answerOf(person, `/replays/${id}/${action}`, {
    revision,
    ...(action === 'approve' ? { approvalHash } : {}),
  });
}

/** Previews and starts what needs no approval. Answers the id. */
export async function begin(person: Person, ask: object): Promise<string> {
  const { id } = await preview(person, ask);
  const { status, body } = await decide(person, id, 'start');
  if (status !== 200) throw new Error(`not started: ${JSON.stringify(body)}`);
  return id;
}

/** Waits until a replay is as wanted; at every look its counts add up to its manifest. */
export function until(id: string, wanted: (replay: Replay) => boolean): Promise<Replay> {
  return eventually(
    () => readReplay(id),
    (replay) => {
      const { items, confirmed, refailed, skipped, unknown, cancelled, pending } = replay.counts;
      if (confirmed + refailed + skipped + unknown + cancelled + pending !== items)
        throw new Error(`the counts do not add up: ${JSON.stringify(replay.counts)}`);
      return wanted(replay);
    },
  );
}

/** Looks again until it is as wanted. @throws Error with what it was at last */
export async function eventually<Value>(
  look: () => Promise<Value>,
  wanted: (value: Value) => boolean,
): Promise<Value> {
  for (const endMs = Date.now() + untilMsMax; ; await sleep(50)) {
    const value = await look();
    if (wanted(value)) return value;
    if (Date.now() > endMs) throw new Error(`It stayed ${JSON.stringify(value).slice(0, 2000)}`);
  }
}

/** Tells the ERP how to take what comes; the first rule that fits a message counts. */
export async function behave(flow: string, ...rules: readonly Behaviour[]): Promise<void> {
  await fetch(`${stand.erpUrl}/behaviour/${flow}`, { method: 'PUT', body: JSON.stringify(rules) });
}

/** Everything that the ERP was sent on a flow, in order. */
export async function received(flow: string): Promise<Received[]> {
  return z.array(Received).parse(await (await fetch(`${stand.erpUrl}/received/${flow}`)).json());
}

export async function receivedIds(flow: string): Promise<string[]> {
  return (await received(flow)).map(({ messageId }) => messageId);
}

/** Telemetry of the consumer about a message that reached it some other way. */
export function tell(flow: string, messageId: string, order: string, outcome = 'delivered'): Promise<void> {
  return tellOfProcessing(stand.otlpUrl, {
    flow,
    messageId,
    outcome,
    body: Buffer.from(JSON.stringify({ order })),
  });
}

/** What the audit log says of a replay, oldest first: who did what. */
export async function auditOf(id: string): Promise<string[]> {
  const { items } = await erik.get(`/audit?target=replay:${id}&limit=100`, AuditList);
  return items.map(({ action, actorName }) => `${actorName}: ${action}`).toReversed();
}
