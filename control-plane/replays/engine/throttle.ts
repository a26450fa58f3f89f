/** Tells of changes at most once in a while for each id; the last change is always told. */
export function createThrottle(everyMs: number, tell: (id: string) => void) {
  const waiting = new Map<string, { again: boolean; timer: NodeJS.Timeout }>();
  const touch = (id: string) => {
    const present = waiting.get(id);
    if (present) return void (present.again = true);
    tell(id);
    const timer = setTimeout(() => {
      const { again } = waiting.get(id) ?? { again: false };
      waiting.delete(id);
      if (again) touch(id);
    }, everyMs);
    timer.unref();
    waiting.set(id, { again: false, timer });
  };
  return {
    touch,
    stop: () => {
      for (const { timer } of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}
