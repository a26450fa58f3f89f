import type { Evidence } from '@plumbline/control-plane/replays/evidence.ts';
import type { Postgres } from '@plumbline/model/postgres/pool.ts';
import type { Transport } from '@plumbline/control-plane/transports/port.ts';

/** Where a process dies: before a step takes effect, or after it did and before anybody hears of it. */
export type When = 'before' | 'after';

/** Counts every step of I/O and dies at the k-th: from then on nothing works any more, as in a process that is gone. */
export function createDeath(at: number, when: When) {
  let steps = 0;
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Error(`dead at step ${steps}`);
  };
  const step = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (isDead) return die();
    steps += 1;
    const isLast = steps === at;
    if (isLast && when === 'before') return die();
    const result = await work();
    return isLast ? die() : result;
  };
  return {
    step,
    get steps() {
      return steps;
    },
    get isDead() {
      return isDead;
    },
  };
}
export type Death = ReturnType<typeof createDeath>;

/** A process as its I/O sees it. */
export interface Mortal {
  readonly step: Death['step'];
  /** Told when a transaction begins, and when it is over. */
  readonly within?: (isOpen: boolean) => void;
}

/** The stores and the transport as seen by a process that will die. A transaction that is cut off is rolled back. */
export function mortal(
  death: Mortal,
  real: { readonly postgres: Postgres; readonly evidence: Evidence; readonly transport: Transport },
) {
  const { postgres, evidence, transport } = real;
  const connect = async () => {
    const connection = await postgres.connect();
    return new Proxy(connection, {
      get(target, name) {
        if (name === 'query')
          return async (...args: unknown[]) => {
            const query = Reflect.get(target, 'query') as (...all: unknown[]) => Promise<unknown>;
            const [said] = args;
            try {
              // What a dead process left open, the server rolls back.
              if (said === 'ROLLBACK') return await query.apply(target, args);
              const answer = await death.step(() => query.apply(target, args));
              if (said === 'BEGIN') death.within?.(true);
              return answer;
            } finally {
              if (said === 'COMMIT' || said === 'ROLLBACK') death.within?.(false);
            }
          };
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value;
      },
    });
  };
  const mortalPostgres = new Proxy(postgres, {
    get(target, name) {
      if (name === 'connect') return connect;
      if (name === 'query')
        return (...args: unknown[]) =>
          death.step(() =>
            (Reflect.get(target, 'query') as (...all: unknown[]) => Promise<unknown>).apply(target, args),
          );
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value;
    },
  });
  const mortalEvidence: Evidence = {
    outcomes: (...args) => death.step(() => evidence.outcomes(...args)),
    successes: (...args) => death.step(() => evidence.successes(...args)),
    consumers: (...args) => death.step(() => evidence.consumers(...args)),
  };
  const mortalTransport: Transport = {
    ...transport,
    send: (...args) => death.step(() => transport.send(...args)),
  };
  return { postgres: mortalPostgres, evidence: mortalEvidence, transport: mortalTransport };
}
