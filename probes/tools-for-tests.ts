import type { RunTools } from './run-probe.ts';
import { createReach } from './reach.ts';
import { openSecrets } from './secrets.ts';

/** Tools of a run without connections or secrets but those given. */
export function toolsForTests(
  given: {
    readonly connections?: Readonly<Record<string, string>>;
    readonly secrets?: Readonly<Record<string, string>>;
    readonly now?: () => number;
    readonly lastBeatMs?: number | null;
  } = {},
): RunTools {
  return {
    now: given.now ?? Date.now,
    secrets: openSecrets(new Map(Object.entries(given.secrets ?? {})), undefined),
    reach: createReach([]),
    connection: (name) => given.connections?.[name] ?? '',
    lastBeatMs: async () => given.lastBeatMs ?? null,
  };
}
