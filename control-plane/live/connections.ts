import type { Actor } from '../actor.ts';
import { Problem } from '../problem.ts';

const allMax = 500;
/** One person with many tabs is welcome; one client that opens connections without end is not. */
const perActorMax = 30;

/** Counts live connections, in all and by actor. */
export interface Connections {
  /** Takes a place and answers how to give it back. @throws Problem too_many_clients */
  enter(actor: Actor): () => void;
}

export function createConnections(): Connections {
  const byActor = new Map<string, number>();
  let all = 0;
  return {
    enter({ id }) {
      const own = byActor.get(id) ?? 0;
      if (all >= allMax || own >= perActorMax) {
        const whose = own >= perActorMax ? `You have ${perActorMax}` : `${allMax}`;
        throw new Problem('too_many_clients', `${whose} live connections open already: close some first.`, {
          headers: { 'retry-after': '30' },
        });
      }
      all += 1;
      byActor.set(id, own + 1);
      return () => {
        all -= 1;
        const left = (byActor.get(id) ?? 1) - 1;
        if (left > 0) byActor.set(id, left);
        else byActor.delete(id);
      };
    },
  };
}
