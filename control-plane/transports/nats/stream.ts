import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';

/** The stream that keeps a destination, and the subject in it that is meant; null: all of them. */
export interface Kept {
  readonly stream: StreamInfo;
  readonly subject: string | null;
}

/** A destination is the name of a stream or a subject that one keeps. Undefined: no stream does. */
export async function findStream(manager: JetStreamManager, destination: string): Promise<Kept | undefined> {
  if (/^[^.*>\s/\\]+$/.test(destination)) {
    const stream = await manager.streams.info(destination).catch(orAbsent);
    if (stream) return { stream, subject: null };
  }
  const name = await manager.streams.find(destination).catch(orAbsent);
  return name ? { stream: await manager.streams.info(name), subject: destination } : undefined;
}

export function noStream(destination: string): string {
  return destination.startsWith('$JS.EVENT.ADVISORY')
    ? `No stream keeps the advisories ${destination}: create one with this subject, else those sent while nobody listens are lost.`
    : `JetStream has no stream ${destination} and none that keeps this subject: create one, or mend its name in the catalog.`;
}

function orAbsent(error: unknown): undefined {
  if (error instanceof Error && /stream not found|no stream matches/i.test(error.message)) return undefined;
  throw error;
}
