/** What was promised, or undefined as soon as the signal comes; what was promised goes on regardless. */
export async function unlessStopped<T>(promise: Promise<T>, stop: AbortSignal): Promise<T | undefined> {
  let settle = (): void => undefined;
  const stopped = new Promise<undefined>((resolve) => (settle = () => resolve(undefined)));
  stop.addEventListener('abort', settle, { once: true });
  if (stop.aborted) settle();
  // Once stopped nobody hears how it ends.
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    stop.removeEventListener('abort', settle);
  }
}
