import type { KpiReport } from '@plumbline/model/catalog/kpi.ts';
import type { KpiTile } from './schemas.ts';

export interface ReportMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

const statusWords: Record<KpiTile['status'], string> = {
  met: '✓ On target',
  missed: '✗ Off target',
  no_data: '– No data',
  not_measured: '– Not measured',
};
const statusColours: Record<KpiTile['status'], string> = {
  met: '#14683a',
  missed: '#b3261e',
  no_data: '#525c6b',
  not_measured: '#525c6b',
};

/**
 * The mail on the KPIs of a period: tables and styles of each element alone, as mail programs want them, no picture and
 * nothing that is fetched; and the same as plain text.
 */
export function reportMail(report: KpiReport, tiles: readonly KpiTile[], consoleUrl: string): ReportMail {
  const range = tiles[0]?.range;
  const period = range ? `${report.period} of ${range.date}` : report.period;
  const missed = tiles.filter(({ status }) => status === 'missed').length;
  const verdict =
    missed === 0
      ? 'No KPI is off target.'
      : `${missed} of ${tiles.length} KPIs ${missed === 1 ? 'is' : 'are'} off target.`;
  const href = `${consoleUrl}/kpis?period=${report.period}${range ? `&at=${range.date}` : ''}`;
  const subject = `${report.title}: ${period}. ${verdict}`.replace(/\s+/g, ' ').slice(0, 300);
  return {
    subject,
    html: page(report.title, `${period}${range ? `, ${range.timeZone}` : ''}`, verdict, href, tiles),
    text: [
      `${report.title}, ${period}`,
      verdict,
      '',
      ...tiles.flatMap((tile) => [`${tile.title}: ${lineOf(tile)}`, `  ${basisOf(tile)}`]),
      '',
      href,
    ].join('\n'),
  };
}

function page(
  title: string,
  period: string,
  verdict: string,
  href: string,
  tiles: readonly KpiTile[],
): string {
  const heads = ['KPI', 'Value', 'Target', 'Before', 'Status'].map(
    (name) =>
      `<th align="left" style="padding:6px 5px;border-bottom:2px solid #828d9d;font-size:12px;color:#525c6b">${name}</th>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title></head>
<body style="margin:0;padding:16px;background:#ffffff;color:#161a21;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:1.4">
<h1 style="margin:0 0 4px;font-size:20px">${escape(title)}</h1>
<p style="margin:0 0 12px;color:#525c6b">${escape(period)}</p>
<p style="margin:0 0 16px;font-size:16px"><strong>${escape(verdict)}</strong></p>
<table role="table" cellpadding="0" cellspacing="0" style="border-collapse:collapse;width:100%;max-width:720px">
<thead><tr>${heads.join('')}</tr></thead>
<tbody>
${tiles.map((tile) => rowOf(tile)).join('\n')}
</tbody>
</table>
<p style="margin:16px 0"><a href="${escape(href)}" style="color:#2b4bc0">Open these KPIs in Plumbline</a></p>
</body>
</html>
`;
}

function rowOf(tile: KpiTile): string {
  const cell = (html: string, more = '') =>
    `<td valign="top" style="padding:8px 5px;border-bottom:1px solid #dde2ea;${more}">${html}</td>`;
  const small = (text: string) => `<br><span style="font-size:12px;color:#525c6b">${escape(text)}</span>`;
  return `<tr>${[
    cell(escape(tile.title) + small(tile.why ?? basisOf(tile))),
    cell(`<strong>${escape(shown(tile.value, tile.unit))}</strong>`, 'white-space:nowrap'),
    cell(escape(`${tile.higherIsBetter ? '≥' : '≤'} ${shown(tile.target, tile.unit)}`)),
    cell(escape(shown(tile.previous.value, tile.unit)), 'white-space:nowrap'),
    cell(escape(statusWords[tile.status]), `color:${statusColours[tile.status]}`),
  ].join('')}</tr>`;
}

function lineOf(tile: KpiTile): string {
  const target = `target ${tile.higherIsBetter ? 'at least' : 'at most'} ${shown(tile.target, tile.unit)}`;
  return `${shown(tile.value, tile.unit)}, ${target}, before ${shown(tile.previous.value, tile.unit)}. ${statusWords[tile.status]}`;
}

function basisOf({ n, coverage, worst, why, asOf }: KpiTile): string {
  const parts = [
    `n = ${n}`,
    ...(coverage === null ? [] : [`${(coverage * 100).toFixed(0)} % of hours covered`]),
    ...(asOf === null ? [] : [`as of ${asOf.slice(0, 16).replace('T', ' ')} UTC`]),
    ...(worst === null ? [] : [`worst: ${worst.value || 'unknown'} (${worst.by.toLowerCase()})`]),
  ];
  return why === null ? parts.join(', ') : why;
}

/** A value with its unit; no data is a dash and never nought. */
export function shown(value: number | null, unit: KpiTile['unit']): string {
  if (value === null) return '–';
  if (unit === 'score') return value.toFixed(3);
  if (unit === 'ratio') return `${Number((value * 100).toFixed(2))} %`;
  const minutes = value / 60_000;
  if (minutes < 1) return `${Math.round(value / 1000)} s`;
  return minutes < 120 ? `${Math.round(minutes)} min` : `${Number((minutes / 60).toFixed(1))} h`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
