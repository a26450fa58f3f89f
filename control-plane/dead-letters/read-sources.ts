import type { z } from 'zod';
import type { Context } from '../context.ts';
import { listSources } from './queries.ts';
import type { DeadLetterSource } from './schemas.ts';

const askedWithinMs = 1500;
const askedMax = 100;

/** Every flow with a dead-letter queue, with how its tail goes and how many messages still wait in the queue. */
export async function readSources(context: Context): Promise<z.output<typeof DeadLetterSource>[]> {
  const { catalog } = context.catalog.current();
  const known = new Map((await listSources(context.postgres)).map((row) => [row.flow, row]));
  const kinds = new Map(catalog.connections.map(({ name, kind }) => [name, kind]));
  const signal = AbortSignal.timeout(askedWithinMs);
  const declared = catalog.flows.filter(({ deadLetters }) => deadLetters.destination !== undefined);
  return Promise.all(
    declared.map(async ({ name, deadLetters, transport }, index) => {
      const row = known.get(name);
      const connection = transport.connection ?? '';
      const destination = deadLetters.destination ?? '';
      const isTailed = row?.state === 'connected' && index < askedMax;
      return {
        flow: name,
        connection,
        kind: kinds.get(connection) ?? transport.kind,
        destination,
        state: row?.state ?? ('waiting' as const),
        sentence: row?.sentence ?? 'Not tailed yet.',
        since: row?.since ?? null,
        lastArrivalAt: row?.lastArrivalAt ?? null,
        depth: isTailed ? await depthOf(context, connection, destination, signal) : null,
      };
    }),
  );
}

/** A queue that cannot be asked in time has no depth: the page must not wait for a broker that is away. */
async function depthOf(
  context: Context,
  connection: string,
  destination: string,
  signal: AbortSignal,
): Promise<number | null> {
  const late = new Promise<null>((resolve) =>
    signal.addEventListener('abort', () => resolve(null), { once: true }),
  );
  const asked = context.transports
    .of(connection)
    ?.depth(destination, signal)
    .catch(() => null);
  return Promise.race([asked ?? null, late]);
}
