import { confirmPage, type Verdict } from '../confirm.ts';
import type { Held } from './lease.ts';
import type { EnginePorts, EngineSettings } from './ports.ts';

/** Asks for the word of the consumer beside the sends, page after page. */
export interface WordWatcher {
  /** Asks when it is time and nothing is asked already. @throws what went wrong the last time */
  look(): void;
}

/** @param onVerdicts told of every page on which something was settled */
export function watchForWord(
  ports: EnginePorts,
  settings: EngineSettings,
  held: Held,
  onVerdicts: (verdicts: readonly Verdict[]) => void,
): WordWatcher {
  let page = 0;
  let dueMs = 0;
  let isAsking = false;
  let failure: { readonly error: unknown } | undefined;
  const ask = async () => {
    const found = await confirmPage(
      ports.postgres,
      ports.evidence,
      ports.catalog.current().catalog,
      held,
      page,
      ports.now(),
    );
    page = found.next;
    // A full page means more to ask at once; the end of the list is a moment to wait.
    if (page === 0) dueMs = performance.now() + settings.confirmMs;
    if (found.verdicts.length > 0) onVerdicts(found.verdicts);
  };
  return {
    look() {
      if (failure) throw failure.error;
      if (isAsking || performance.now() < dueMs) return;
      isAsking = true;
      void ask()
        .catch((error: unknown) => (failure = { error }))
        .finally(() => (isAsking = false));
    },
  };
}
