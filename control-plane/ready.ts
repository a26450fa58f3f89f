import type { Context } from './context.ts';

const answerMsMax = 2000;

export interface Readiness {
  readonly ready: boolean;
  /** `ok`, or a sentence that says what is missing. */
  readonly checks: { readonly postgres: string; readonly clickHouse: string; readonly catalog: string };
}

/** Whether the API can serve: both databases answer, and the newest catalog is in force. A stale catalog still serves. */
export async function readiness(context: Context): Promise<Readiness> {
  const [postgres, clickHouse] = await Promise.all([
    check('PostgreSQL', context.postgres.query('SELECT 1')),
    check('ClickHouse', pingClickHouse(context)),
  ]);
  const { errors } = context.catalog.current();
  const catalog =
    errors.length > 0
      ? `the newest edit has ${errors.length} errors; the last good catalog is in force`
      : 'ok';
  return { ready: postgres === 'ok' && clickHouse === 'ok', checks: { postgres, clickHouse, catalog } };
}

async function pingClickHouse(context: Context): Promise<void> {
  const result = await context.clickHouse.ping();
  if (!result.success) throw result.error;
}

async function check(name: string, work: Promise<unknown>): Promise<string> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('late')), answerMsMax);
  try {
    await Promise.race([work, late]);
    return 'ok';
  } catch {
    return `${name} does not answer`;
  } finally {
    clearTimeout(timer);
  }
}
