import type { Flow } from '@plumbline/model/catalog/schema.ts';
import { rulesOf } from '../../dead-letters/letter.ts';
import { hideQuotes, secretsOf } from '../../dead-letters/quotes.ts';
import { createEditor } from '../edit.ts';
import { findStale, staleFlow } from '../staleness.ts';
import type { Outgoing, SendResult } from '../../transports/port.ts';
import type { Knowledge } from './judge.ts';
import type { Held } from './lease.ts';
import type { Claimed } from './ledger.ts';
import { readLetters, readPayloads, type StoredPayload } from './letters.ts';
import { toOutgoing } from './outgoing.ts';
import type { EnginePorts } from './ports.ts';
import type { Waiting } from './queue.ts';

export interface Prepared {
  readonly knowledge: ReadonlyMap<string, Knowledge>;
  readonly payloads: ReadonlyMap<string, StoredPayload>;
  readonly bodies: ReadonlyMap<string, Buffer>;
}

/** Prepares batches of one replay: what telemetry says of them, their true payloads, the edit made on each. */
export function createPreparer(ports: EnginePorts, held: Held) {
  const { catalog } = ports.catalog.current();
  const flow: Flow | undefined = catalog.flows.find(({ name }) => name === held.flow);
  const edit = held.patch && flow ? createEditor(catalog, flow, held.patch) : undefined;
  const messageId = flow?.deadLetters.messageId;
  const rules = rulesOf(catalog, flow);
  const idHeader = messageId && 'header' in messageId ? messageId.header : undefined;

  return {
    /** @throws what the stores throw: without telemetry nothing is known, so nothing is sent. */
    async prepare(items: readonly Waiting[]): Promise<Prepared> {
      const ids = items.map(({ id }) => id);
      const [letters, rows] = await Promise.all([
        readLetters(ports.postgres, ids, { lock: false }),
        readPayloads(ports.postgres, ids),
      ]);
      const stale = await findStale(ports.postgres, ports.evidence, staleFlow(held.flow, flow), letters, {
        isOver: () => false,
      });
      const payloads = new Map(rows.map((row) => [row.id, row]));
      const bodies = new Map<string, Buffer>();
      const knowledge = new Map<string, Knowledge>();
      for (const id of ids) {
        const payload = payloads.get(id);
        const edited = edit && payload ? edit(payload.body) : undefined;
        if (edited?.ok) bodies.set(id, edited.body);
        const misfit = edited && !edited.ok ? `${edited.path || 'body'}: ${edited.message}` : undefined;
        const isUneditable = held.patch !== null && edit === undefined;
        knowledge.set(id, {
          deliveredIn: stale.delivered.get(id),
          supersededBy: stale.superseded.get(id),
          fault: !payload
            ? 'its payload is gone'
            : isUneditable
              ? 'the catalog has no such flow any more'
              : misfit && `the edit does not fit: ${misfit}`,
        });
      }
      return { knowledge, payloads, bodies };
    },

    /** What the target answered, without what it quotes of the message that nobody may read. */
    heard(message: Outgoing, result: SendResult): SendResult {
      if (result.kind === 'accepted') return result;
      return { ...result, reason: hideQuotes(result.reason, secretsOf(message, rules)) };
    },

    /** The message of a claim; undefined: its payload is gone. */
    outgoing(claimed: Claimed, prepared: Prepared): Outgoing | undefined {
      const payload = prepared.payloads.get(claimed.item.id);
      const body = prepared.bodies.get(claimed.item.id);
      if (!payload) return undefined;
      return toOutgoing(payload, {
        replayId: held.id,
        deadLetterId: claimed.item.id,
        generation: claimed.generation,
        messageId: claimed.letter.messageId,
        edited: held.patch && body ? { patch: held.patch, body } : undefined,
        idHeader,
      });
    },
  };
}
