import type { KpiReportMail } from '#lib/api-types.ts';
import { read } from '#lib/server/api.ts';
import type { RequestHandler } from './$types';

/** The HTML of a mail as its readers get it. It may do nothing here that it could not do in a mail program. */
export const GET: RequestHandler = async (event) => {
  const report = encodeURIComponent(event.url.searchParams.get('report') ?? '');
  const mail = await read<KpiReportMail>(event, `/kpi-reports/${report}/preview`);
  if (!mail.ok) return new Response(`${mail.problem.title}. ${mail.problem.detail}`, { status: 502 });
  return new Response(mail.data.html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups",
      'cache-control': 'private, no-store',
    },
  });
};
