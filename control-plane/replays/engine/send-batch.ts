import type { Outgoing, SendResult, Transport } from '../../transports/port.ts';
import { pause } from '../../transports/pause.ts';

export interface Sent {
  readonly result: SendResult;
  /** When the last try began: success in telemetry can only be later. */
  readonly sentAt: Date;
}

interface SendOptions {
  readonly destination: string;
  readonly triesMax: number;
  readonly retryMs: number;
  readonly now: () => Date;
  /** Aborted: what was not handed over stays refused, and nothing is tried again. */
  readonly stop: AbortSignal;
}

/** Sends a batch, and again what was refused for now, with growing waits. Answers one result for each, in order. */
export async function sendBatch(
  transport: Transport,
  batch: readonly Outgoing[],
  options: SendOptions,
): Promise<Sent[]> {
  const { destination, triesMax, retryMs, now, stop } = options;
  const sent: Sent[] = [];
  let open = batch.map((_, index) => index);
  for (let nth = 0; open.length > 0; nth += 1) {
    const sentAt = now();
    const part = open.flatMap((index) => batch[index] ?? []);
    const results = await answered(transport, destination, part, stop);
    for (const [place, index] of open.entries()) {
      const result = results[place] ?? { kind: 'unknown', reason: 'the transport gave no answer' };
      sent[index] = { result, sentAt };
    }
    open = open.filter((index) => isWorthAnother(sent[index]?.result));
    if (open.length === 0 || nth + 1 >= triesMax || stop.aborted) break;
    await pause(retryMs * 2 ** nth, stop);
    if (stop.aborted) break;
  }
  return sent;
}

export function isWorthAnother(result: SendResult | undefined): boolean {
  return result?.kind === 'refused' && result.retryable;
}

/** A transport that breaks its promise never to reject may have sent anything. */
async function answered(
  transport: Transport,
  destination: string,
  batch: readonly Outgoing[],
  stop: AbortSignal,
): Promise<SendResult[]> {
  try {
    return await transport.send(destination, batch, stop);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return batch.map(() => ({ kind: 'unknown', reason }));
  }
}
