import type { Context } from '../context.ts';
import { repeat } from '../repeat.ts';
import { sendReports } from './reports.ts';

const everyMinute = '20 * * * * *';

/** Sends the reports of the catalog while this process lives. Answers how to stop. */
export function startKpiReports(context: Context): () => Promise<void> {
  const owner = context.randomId();
  return repeat(context, 'reports on KPIs could not be sent', everyMinute, () => sendReports(context, owner));
}
