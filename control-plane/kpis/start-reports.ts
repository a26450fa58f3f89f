import { schedule } from 'node-cron';
import type { Context } from '../context.ts';
import { describeError } from '../log.ts';
import { sendReports } from './reports.ts';

const everyMinute = '20 * * * * *';

/** Sends the reports of the catalog while this process lives. Answers how to stop. */
export function startKpiReports(context: Context): () => Promise<void> {
  const owner = context.randomId();
  let running: Promise<unknown> | undefined;
  let isFailing = false;
  const task = schedule(everyMinute, () => {
    running ??= sendReports(context, owner)
      .then(() => {
        isFailing = false;
      })
      .catch((error: unknown) => {
        if (!isFailing) context.log.warn('reports on KPIs could not be sent', describeError(error));
        isFailing = true;
      })
      .finally(() => (running = undefined));
  });
  return async () => {
    await task.destroy();
    await running;
  };
}
