import { decodeHeaders } from '../../dead-letters/headers.ts';
import type { Header, Outgoing } from '../../transports/port.ts';
import { editedMessageId } from '../edit.ts';
import type { Operation } from '../json-patch.ts';
import type { StoredPayload } from './letters.ts';

/** Headers that a replay adds, all of them. */
export const addedHeaders = {
  replay: 'plumbline-replay',
  deadLetter: 'plumbline-dead-letter',
  generation: 'plumbline-generation',
  originalMessageId: 'plumbline-original-message-id',
} as const;

export interface Sending {
  readonly replayId: string;
  readonly deadLetterId: string;
  readonly generation: number;
  /** Id under which it died. */
  readonly messageId: string;
  /** The edit and its result; undefined: as it is. */
  readonly edited: { readonly patch: readonly Operation[]; readonly body: Buffer } | undefined;
  /** Header in which the flow's consumer looks for the message id, when the catalog names one. */
  readonly idHeader: string | undefined;
}

/** Id that a message is sent under. Pure. */
export function sentMessageId(messageId: string, patch: readonly Operation[] | null): string {
  return patch === null ? messageId : editedMessageId(messageId, patch);
}

/** What the transport is given: everything as it was, four headers more, and body and id when it was edited. Pure. */
export function toOutgoing(payload: StoredPayload, sending: Sending): Outgoing {
  const { edited } = sending;
  const messageId = sentMessageId(sending.messageId, edited?.patch ?? null);
  const ours = new Set<string>(Object.values(addedHeaders));
  const kept = decodeHeaders(payload.headers).filter(([name]) => !ours.has(name.toLowerCase()));
  const named = edited ? kept.map((header) => renamed(header, sending, messageId)) : kept;
  const add = (name: string, value: string): Header => [name, Buffer.from(value)];
  return {
    body: edited ? edited.body : payload.body,
    headers: [
      ...named,
      add(addedHeaders.replay, sending.replayId),
      add(addedHeaders.deadLetter, sending.deadLetterId),
      add(addedHeaders.generation, String(sending.generation)),
      ...(edited ? [add(addedHeaders.originalMessageId, sending.messageId)] : []),
    ],
    key: payload.key,
    partition: payload.partition,
    contentType: payload.contentType,
    messageId,
    deduplicationId: `${messageId}:${sending.generation}`,
  };
}

/** An edited message is another message: wherever a header says its id, it says the new one. */
function renamed(header: Header, sending: Sending, messageId: string): Header {
  const [name, value] = header;
  const isId = ['message-id', sending.idHeader?.toLowerCase()].includes(name.toLowerCase());
  return isId && value.toString() === sending.messageId ? [name, Buffer.from(messageId)] : header;
}
