const patienceMs = 20_000;

/**
 * Calls `stop` when the process that started this one is gone, however it went: the IPC channel closes with it.
 * Without a channel (started by hand) nothing is watched.
 */
export const exitWithParent = (stop: () => void): void => {
  if (process.channel === undefined) return;
  process.channel?.unref();
  process.once('disconnect', () => {
    setTimeout(() => process.exit(71), patienceMs).unref();
    stop();
  });
};
