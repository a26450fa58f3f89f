/** One engine for replays as a process of its own, which `replay.ts` starts and kills: database, broker, catalog. */
import { randomUUID } from 'node:crypto';
import { loadCatalog } from '@plumbline/model/catalog/load.ts';
import { createPostgres } from '@plumbline/model/postgres/pool.ts';
import { createEventHub } from '@plumbline/control-plane/live/hub.ts';
import { createLog } from '@plumbline/control-plane/log.ts';
import { startReplayEngine } from '@plumbline/control-plane/replays/engine/engine.ts';
import { engineDefaults } from '@plumbline/control-plane/replays/engine/ports.ts';
import type { Evidence } from '@plumbline/control-plane/replays/evidence.ts';
import { decidedTopic } from '@plumbline/control-plane/replays/decide.ts';
import { openTransport } from '@plumbline/control-plane/transports/open.ts';

const [databaseUrl = '', brokerUrl = '', catalogDirectory = ''] = process.argv.slice(2);
const now = () => new Date();
const postgres = createPostgres(databaseUrl);
const loaded = await loadCatalog(catalogDirectory);
if (!loaded.ok) throw new Error('the catalog of the bench is broken');
const transport = openTransport(brokerUrl, { application: 'bench', now });

/** The consumer of the bench succeeds at once with everything that the ledger says was sent. */
const evidence: Evidence = {
  outcomes: async (_flow, ids) => {
    const { rows } = await postgres.query<{ message_id: string }>(
      `SELECT message_id FROM replay_items WHERE message_id = ANY ($1::text[]) AND state = 'sent'`,
      [ids],
    );
    return rows.map(({ message_id }) => ({
      messageId: message_id,
      at: now(),
      outcome: 'delivered',
      errorType: '',
      traceId: '',
      spanId: '',
    }));
  },
  successes: () => Promise.resolve([]),
  consumers: () => Promise.resolve([]),
};

const events = createEventHub();
startReplayEngine(
  {
    postgres,
    evidence,
    transports: { of: () => transport, close: () => transport.close() },
    catalog: { current: () => ({ catalog: loaded.catalog, loadedAt: now(), warnings: [], errors: [] }) },
    events,
    log: createLog((line) => process.stderr.write(line), now),
    now,
    randomId: randomUUID,
  },
  engineDefaults,
);
// The control plane decides in the process of the engine; here the decision comes over the pipe.
process.on('message', (id) => events.publish(decidedTopic, { id, action: 'start' }));
process.send?.('ready');
