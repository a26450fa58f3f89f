import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** How far the business has been told, so that the next start goes on from there. */
const State = z.object({
  seed: z.number(),
  ratePerMinute: z.number(),
  startedAtMs: z.number(),
  untilMs: z.number(),
});
export type State = z.infer<typeof State>;

/** The state of an earlier run; undefined when there is none that can be read. */
export function readState(path: string): State | undefined {
  try {
    return State.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Replaces the state as a whole, so that a crash leaves the old one or the new one. */
export function writeState(path: string, state: State): void {
  writeFileSync(`${path}.part`, JSON.stringify(state));
  renameSync(`${path}.part`, path);
}
