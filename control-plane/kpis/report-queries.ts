import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';

const attemptsMax = 5;
const retryMinutes = 10;
const sendingMinutesMax = 10;

/**
 * Takes the one mail of a report and a period, to send it: a new one, or one that surely failed a while ago.
 * @returns false when it was sent, is being sent, may have been sent, or failed too often
 */
export async function claimMail(on: Executor, report: string, date: string, now: Date): Promise<boolean> {
  const taken = await execute(
    on,
    `INSERT INTO kpi_report_mails AS mail (report, date, outcome, attempts, at)
     VALUES ($1, $2::date, 'sending', 1, $3)
     ON CONFLICT (report, date) DO UPDATE SET outcome = 'sending', attempts = mail.attempts + 1, at = excluded.at
     WHERE mail.outcome = 'failed' AND mail.attempts < ${attemptsMax}
       AND mail.at < excluded.at - interval '${retryMinutes} minutes'`,
    [report, date, now],
  );
  return taken === 1;
}

/** Says what became of a mail. */
export async function noteMail(
  on: Executor,
  report: string,
  date: string,
  outcome: 'sent' | 'failed' | 'unknown',
  reason: string,
  now: Date,
): Promise<void> {
  await execute(
    on,
    `UPDATE kpi_report_mails SET outcome = $3, reason = $4, at = $5 WHERE report = $1 AND date = $2::date`,
    [report, date, outcome, reason.slice(0, 2000), now],
  );
}

/** Whoever was sending for so long has died: whether the mail went out nobody knows. */
export async function giveUpLost(on: Executor, now: Date): Promise<void> {
  await execute(
    on,
    `UPDATE kpi_report_mails SET outcome = 'unknown', reason = 'Plumbline ended while it was being sent.'
     WHERE outcome = 'sending' AND at < $1::timestamptz - interval '${sendingMinutesMax} minutes'`,
    [now],
  );
}

const LastMail = z.object({
  report: z.string(),
  date: z.string(),
  outcome: z.string(),
  reason: z.string(),
  at: z.date().transform((at) => at.toISOString()),
});
export type LastMail = z.output<typeof LastMail>;

/** The newest mail of each report. */
export function readLastMails(on: Executor): Promise<LastMail[]> {
  return query(on, {
    name: 'kpi_reports.last',
    sql: `
      SELECT DISTINCT ON (report) report, date::text AS date, outcome, reason, at
      FROM kpi_report_mails ORDER BY report, kpi_report_mails.date DESC LIMIT 200`,
    params: [],
    schema: LastMail,
  });
}
