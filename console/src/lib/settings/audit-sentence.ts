import type { AuditRow } from '../api-types.ts';
import { count, counted } from '../format/number.ts';

/** What somebody did, as a sentence goes on after their name; `label` names the thing, which may have a page of its own. */
export interface AuditSentence {
  readonly verb: string;
  readonly label: string;
  readonly rest: string;
}

type Entry = Pick<AuditRow, 'action' | 'target' | 'targetName' | 'detail'>;
/** Names of people by their id. */
type Names = ReadonlyMap<string, string>;
/** A verb, or a verb and what follows the name of the thing. */
type Phrase = string | readonly [verb: string, rest: (detail: AuditRow['detail'], names: Names) => string];

const phrases: Readonly<Record<string, Phrase>> = {
  'welcome.offer': 'offered the first sign-in to',
  'welcome.follow': 'followed the link and chose a password for',
  'people.invite': ['invited', ({ role }) => (text(role) ? ` as ${text(role)}` : '')],
  'people.change': ['changed', changeOf],
  'people.renew-link': 'made a new sign-in link for',
  'password.change': 'changed the password of',
  'session.start': ['signed in as', ({ address }) => (text(address) ? ` from ${text(address)}` : '')],
  'session.end': 'signed out',
  'tokens.create': ['made the token', ({ role }) => (text(role) ? ` with the role ${text(role)}` : '')],
  'tokens.revoke': 'revoked the token',
  'alerts.acknowledge': ['acknowledged', ({ until }) => (text(until) ? ` until ${text(until)}` : '')],
  'silences.create': 'made the silence',
  'silences.end': 'ended early the silence',
  'channels.test': ['sent a test message to', ({ outcome }) => (text(outcome) ? `: ${text(outcome)}` : '')],
  'replays.preview': [
    'previewed',
    ({ items }) => (number(items) === undefined ? '' : ` of ${messages(items)}`),
  ],
  'replays.submit': 'asked for approval of',
  'replays.start': 'started',
  'replays.approve': 'approved',
  'replays.reject': 'rejected',
  'replays.pause': 'paused',
  'replays.resume': 'resumed',
  'replays.cancel': 'cancelled',
  'replays.begin': 'began to send',
  'replays.finish': 'finished',
  'replays.halt': 'halted',
  'replays.resend': [
    'sent again',
    ({ positions }) => (Array.isArray(positions) ? `: ${messages(positions.length)} of unknown outcome` : ''),
  ],
  'replays.verdict': [
    'decided the outcome of a message in',
    ({ verdict }) => (text(verdict) ? `: ${text(verdict)}` : ''),
  ],
  'incidents.open': 'opened',
  'incidents.change': 'changed',
  'incidents.acknowledge': 'acknowledged',
  'incidents.restore': 'restored',
  'incidents.return': 'saw fire anew',
  'incidents.close': 'closed',
  'incidents.reopen': 'reopened',
  'incidents.note': 'wrote a note on',
  'dead_letters.bulk': ['began to change', ofBulk],
  'dead_letters.bulk_done': ['finished a change of', ofBulk],
  'dead_letters.bulk_failed': ['gave up a change of', ofBulk],
  'dead_letters.bulk_cancelled': ['cancelled a change of', ofBulk],
  'dead_letters.import': 'imported',
  'dead_letters.export': 'exported',
  'dead_letters.note': ['wrote a note on', ({ cause }) => (text(cause) ? `, cause ${text(cause)}` : '')],
  'dead_letters.download': 'downloaded the body of',
  'dead_letters.acknowledge': 'acknowledged',
  'dead_letters.reopen': 'reopened',
  'dead_letters.resolve': 'resolved',
  'dead_letters.ignore': 'ignored',
  'dead_letters.release': 'released',
  'dead_letters.assign': ['assigned', assignedTo],
  'dead_letters.tag': 'changed the tags of',
  'dead_letters.snooze': 'snoozed',
  'dead_letters.archive': 'archived',
  'dead_letters.restore': 'restored',
  'dead_letters.auto_resolve': [
    'saw succeed and resolved dead letters of',
    ({ resolved }) => (number(resolved) === undefined ? '' : `: ${count(number(resolved) ?? 0)}`),
  ],
};

/** An entry as a sentence. An action that is not known here is shown as it is called. */
export function auditSentence(entry: Entry, names: Names): AuditSentence {
  const phrase = phrases[entry.action] ?? `${entry.action} ·`;
  const [verb, rest] = typeof phrase === 'string' ? [phrase, () => ''] : phrase;
  const why = reasonOf(entry.detail);
  return { verb, label: labelOf(entry), rest: rest(entry.detail, names) + (why ? `: “${why}”` : '') };
}

/** The kind and id of a thing that has no name any more say at least which one it was. */
function labelOf({ action, target, targetName, detail }: Entry): string {
  const [kind = '', ...parts] = target.split(':');
  const id = parts.join(':');
  const short = id.slice(0, 8);
  if (action === 'session.end') return '';
  if (target === 'first-administrator') return 'the first administrator';
  if (kind === 'person') return targetName ?? text(detail['email']) ?? `a person (${short})`;
  if (kind === 'token') return targetName ?? text(detail['name']) ?? `a token (${short})`;
  if (kind === 'replay') return `the replay ${short}${targetName ? ` on ${targetName}` : ''}`;
  if (kind === 'incident') return `incident ${id}`;
  if (kind === 'dead_letter') return `the dead letter ${targetName ?? short}`;
  if (kind === 'dead_letters') {
    const changed = number(detail['changed']);
    return changed === undefined ? 'dead letters' : counted(changed, 'dead letter');
  }
  return id || target;
}

function reasonOf(detail: AuditRow['detail']): string | undefined {
  const action = detail['action'];
  const own = typeof action === 'object' && action !== null && 'reason' in action ? action.reason : undefined;
  return text(detail['reason']) ?? text(detail['why']) ?? text(own);
}

function changeOf({ to }: AuditRow['detail']): string {
  if (typeof to !== 'object' || to === null) return '';
  const parts: string[] = [];
  if ('role' in to) parts.push(`role ${String(to.role)}`);
  if ('disabled' in to) parts.push(to.disabled === true ? 'may no longer sign in' : 'may sign in again');
  return parts.length > 0 ? `: ${parts.join(', ')}` : '';
}

/** Which change of many it is, and how many it named. */
function ofBulk({ action, letters }: AuditRow['detail']): string {
  const isAction = typeof action === 'object' && action !== null && 'kind' in action;
  const named = number(letters);
  return `: ${isAction ? (text(action.kind) ?? '') : ''}${named === undefined ? '' : `, ${count(named)} named`}`;
}

function assignedTo({ action }: AuditRow['detail'], names: Names): string {
  if (typeof action !== 'object' || action === null || !('person' in action)) return '';
  if (typeof action.person !== 'string') return ' to nobody';
  return ` to ${names.get(action.person) ?? 'somebody who is gone'}`;
}

function messages(value: unknown): string {
  return counted(number(value) ?? 0, 'message');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
