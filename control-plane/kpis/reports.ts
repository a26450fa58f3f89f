import type { KpiReport } from '@plumbline/model/catalog/kpi.ts';
import { inTransaction } from '@plumbline/model/postgres/pool.ts';
import { sendMail, type EmailSettings } from '@plumbline/slo/notify/channels/email.ts';
import { createReach } from '@plumbline/slo/notify/reach.ts';
import { dateAt, dueAfter, periodOf, type PeriodSpan } from '@plumbline/slo/period.ts';
import type { z } from 'zod';
import type { Context } from '../context.ts';
import { holdsLease, takeJobLease } from '../job-lease.ts';
import { Problem } from '../problem.ts';
import { readKpis } from './read-kpis.ts';
import { claimMail, giveUpLost, noteMail, readLastMails } from './report-queries.ts';
import { reportMail, type ReportMail } from './report-mail.ts';
import type { KpiReportMail, KpiReportView } from './schemas.ts';

const leaseName = 'kpi-reports';
const leaseMs = 60_000;
const limitMs = 15_000;
/** A report that could not be sent for so long is no news any more. */
const staleMs = 24 * 3_600_000;

/** Reports of the catalog, whether they can be sent, and what became of the last one. */
export async function listReports(context: Context): Promise<z.infer<typeof KpiReportView>[]> {
  const last = new Map((await readLastMails(context.postgres)).map((mail) => [mail.report, mail]));
  return context.catalog.current().catalog.kpiReports.map((report) => {
    const settings = settingsOf(context, report);
    const mail = last.get(report.name);
    const { name, title, period, at, timeZone, channel } = report;
    return {
      ...{ name, title, period, at, timeZone, channel },
      why: 'why' in settings ? settings.why : null,
      lastSent: mail ? { date: mail.date, at: mail.at, outcome: mail.outcome, reason: mail.reason } : null,
      nextAt: new Date(nextDue(report, context.now().getTime())).toISOString(),
    };
  });
}

/** The mail on the last whole period, as it is or would be sent. @throws Problem not_found */
export async function previewReport(context: Context, name: string): Promise<z.infer<typeof KpiReportMail>> {
  const report = context.catalog.current().catalog.kpiReports.find((one) => one.name === name);
  if (!report) throw new Problem('not_found', `The catalog declares no KpiReport ${name}.`);
  const settings = settingsOf(context, report);
  const mail = await mailOf(context, report, lastWhole(report, context.now().getTime()));
  return { ...mail, to: [...(report.to ?? ('why' in settings ? [] : settings.to))] };
}

/**
 * Sends the reports that are due, unless another process does. Each is claimed in a transaction that counts only while the
 * lease is ours, and is sent after that: a mail may be lost with the process, but it never goes out twice.
 */
export async function sendReports(context: Context, owner: string): Promise<void> {
  const { postgres } = context;
  const { kpiReports } = context.catalog.current().catalog;
  if (kpiReports.length === 0) return;
  const lease = await takeJobLease(postgres, leaseName, owner, leaseMs);
  if (!lease) return;
  await giveUpLost(postgres, context.now());
  for (const report of kpiReports) {
    const now = context.now();
    const span = lastWhole(report, now.getTime());
    const lateMs = now.getTime() - dueAfter(span, report.at);
    const settings = settingsOf(context, report);
    if (lateMs < 0 || lateMs > staleMs || 'why' in settings) continue;
    const isOurs = await inTransaction(
      postgres,
      async (on) => (await holdsLease(on, lease)) && claimMail(on, report.name, span.date, now),
    );
    if (isOurs) await sendOne(context, report, span, settings);
  }
}

async function sendOne(
  context: Context,
  report: KpiReport,
  span: PeriodSpan,
  settings: EmailSettings,
): Promise<void> {
  const note = (outcome: 'sent' | 'failed' | 'unknown', reason: string) =>
    noteMail(context.postgres, report.name, span.date, outcome, reason, context.now());
  let mail: ReportMail;
  try {
    mail = await mailOf(context, report, span);
  } catch (error) {
    await note('failed', error instanceof Error ? error.message : String(error));
    return;
  }
  const reach = createReach(context.config.notifyNetworks);
  const id = `kpi-report.${report.name}.${span.date}`;
  const delivery = await sendMail(settings, { reach, limitMs }, { ...mail, id, to: report.to });
  if (delivery.kind === 'delivered') await note('sent', '');
  else if (delivery.kind === 'failed' && delivery.mayHaveArrived) await note('unknown', delivery.reason);
  else await note('failed', delivery.reason);
}

async function mailOf(context: Context, report: KpiReport, span: PeriodSpan): Promise<ReportMail> {
  const tiles = await readKpis(context, { period: report.period, at: span.date });
  return reportMail(report, tiles, context.config.publicUrl);
}

/** The newest period of a report that is over. */
function lastWhole({ period, timeZone }: KpiReport, nowMs: number): PeriodSpan {
  const running = periodOf(period, dateAt(nowMs, timeZone), timeZone);
  return periodOf(period, running.previousDate, timeZone);
}

function nextDue(report: KpiReport, nowMs: number): number {
  const dueMs = dueAfter(lastWhole(report, nowMs), report.at);
  if (dueMs > nowMs) return dueMs;
  return dueAfter(periodOf(report.period, dateAt(nowMs, report.timeZone), report.timeZone), report.at);
}

function settingsOf(context: Context, { channel }: KpiReport): EmailSettings | { readonly why: string } {
  const settings = context.config.channels.get(channel);
  if (settings?.kind === 'email') return settings;
  const variable = `PLUMBLINE_CHANNEL_${channel.toUpperCase().replaceAll('-', '_')}`;
  return {
    why: settings
      ? `The channel ${channel} is no e-mail channel: only those carry reports.`
      : `There is no channel ${channel}: set ${variable} to an address such as smtp://…`,
  };
}
