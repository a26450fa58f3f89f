import type { DeadLetterFilter } from './schemas.ts';
import { Problem } from '../problem.ts';

export interface Selection {
  /** Condition over `dead_letters d`. */
  readonly where: string;
  readonly params: readonly unknown[];
}

const termsMax = 10;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The condition that a filter means, with its parameters numbered from `$1`. Pure. @throws Problem bad_request */
export function selectLetters(filter: DeadLetterFilter, personId: string | null): Selection {
  const params: unknown[] = [];
  const conditions: string[] = [];
  const hold = (value: unknown) => `$${params.push(value)}`;
  if (filter.flow !== undefined) conditions.push(`d.flow = ${hold(filter.flow)}`);
  if (filter.cause !== undefined) conditions.push(`d.cause = ${hold(filter.cause)}`);
  if (filter.state) conditions.push(`d.state = ANY (${hold(filter.state)}::text[])`);
  if (filter.key !== undefined) conditions.push(`d.keys @> ARRAY[${hold(filter.key)}]::text[]`);
  if (filter.tag !== undefined) conditions.push(`${hold(filter.tag)} = ANY (d.tags)`);
  if (filter.from !== undefined) conditions.push(`d.failed_at >= ${hold(instant(filter.from, 'from'))}`);
  if (filter.to !== undefined) conditions.push(`d.failed_at <= ${hold(instant(filter.to, 'to'))}`);
  if (filter.ids) conditions.push(`d.id = ANY (${hold(filter.ids.map(checkId))}::uuid[])`);
  if (filter.assignee === 'nobody') conditions.push('d.assignee IS NULL');
  else if (filter.assignee !== undefined)
    conditions.push(
      `d.assignee = ${hold(filter.assignee === 'me' ? personId : checkId(filter.assignee))}::uuid`,
    );
  if (filter.q !== undefined) {
    const text = hold(filter.q);
    // A term such as SO-1 is two words that stand side by side; terms may stand anywhere.
    const terms = filter.q
      .split(/\s+/)
      .filter((term) => term !== '')
      .slice(0, termsMax);
    const words =
      terms.map((term) => `phraseto_tsquery('simple', ${hold(term)})`).join(' && ') || `''::tsquery`;
    conditions.push(
      `(d.message_id = ${text} OR d.keys @> ARRAY[${text}]::text[] OR EXISTS (SELECT 1 FROM dead_letter_payloads p WHERE p.dead_letter_id = d.id AND p.words @@ (${words})))`,
    );
  }
  if (!filter.archived) conditions.push('d.archived_at IS NULL');
  return { where: conditions.join(' AND ') || 'true', params };
}

/** The same without what still sleeps, unless the filter asks for it or names letters by id: what a list shows, an act changes. */
export function selectAwake(filter: DeadLetterFilter, personId: string | null, now: Date): Selection {
  const selection = selectLetters(filter, personId);
  if (filter.snoozed || filter.ids) return selection;
  const at = selection.params.length + 1;
  const awake = `(d.snoozed_until IS NULL OR d.snoozed_until <= $${at}::timestamptz)`;
  return { where: `${selection.where} AND ${awake}`, params: [...selection.params, now] };
}

/** @throws Problem bad_request when it is no UUID */
export function checkId(id: string): string {
  if (uuid.test(id)) return id;
  throw new Problem('bad_request', `"${id.slice(0, 60)}" is not an id.`, {
    errors: [{ path: 'filter', message: 'ids are UUIDs' }],
  });
}

function instant(text: string, path: string): Date {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at;
  throw new Problem('bad_request', `${path}: write an ISO 8601 instant such as 2026-11-23T12:00:00Z.`, {
    errors: [{ path: `filter.${path}`, message: 'not an instant' }],
  });
}
