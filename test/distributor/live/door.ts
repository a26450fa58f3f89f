import { serve } from '@hono/node-server';
import { Hono } from 'hono';

/** The port on loopback where the business can be broken and replays arrive: open from the start, of use once it is live. */
export interface Door {
  readonly port: number;
  /** Hands every further request to it. */
  readonly lead: (app: Hono) => void;
  readonly close: () => void;
}

const retryAfterSeconds = 5;

/** What is answered while the history is being told: a refused connection would look like a wrong port. */
export function createWaitingRoom(hoursLeft: () => number | undefined): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.json({ status: 'alive' }));
  app.all('*', (c) => {
    const hours = hoursLeft();
    const left = hours === undefined ? 'It has just begun.' : `About ${hours} of its hours are left.`;
    c.header('retry-after', String(retryAfterSeconds));
    return c.json(
      {
        title: 'The distributor is still telling its history.',
        status: 503,
        detail: `${left} It can be broken once it is live, in a few minutes: try again then. Until then Plumbline fills.`,
      },
      503,
    );
  });
  return app;
}

/** Listens on loopback. @param hoursLeft of the history; undefined before the first is told */
export function openDoor(port: number, hoursLeft: () => number | undefined): Promise<Door> {
  let app = createWaitingRoom(hoursLeft);
  return new Promise((resolve, reject) => {
    const fetch = (request: Request, env: object) => app.fetch(request, env);
    const server = serve({ fetch, hostname: '127.0.0.1', port }, ({ port: bound }) =>
      resolve({
        port: bound,
        lead: (next) => {
          app = next;
        },
        close: () => server.close(),
      }),
    );
    server.once('error', reject);
  });
}
