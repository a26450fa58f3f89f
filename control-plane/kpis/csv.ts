import type { KpiRow, KpiTile } from './schemas.ts';

const startsFormula = /^[=+\-@\t\r]/;
const isNumber = /^-?\d+(\.\d+)?$/;

/** Text of a CSV file (RFC 4180). A spreadsheet must not run what a sender wrote: such a cell gets a leading quote. */
export function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(cell).join(',') + '\r\n').join('');
}

function cell(value: string): string {
  const guarded = startsFormula.test(value) && !isNumber.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

const shown = (value: string | number | null) => (value === null ? '' : String(value));

/** One line a KPI. */
export function tilesCsv(tiles: readonly KpiTile[]): string {
  return csvText([
    'name,title,period,date,time zone,value,unit,target,status,numerator,denominator,n,coverage,as of,previous value,previous n'.split(
      ',',
    ),
    ...tiles.map((one) => [
      one.name,
      one.title,
      one.range.period,
      one.range.date,
      one.range.timeZone,
      shown(one.value),
      one.unit,
      shown(one.target),
      one.status,
      one.numerator,
      one.denominator,
      shown(one.n),
      shown(one.coverage),
      shown(one.asOf),
      shown(one.previous.value),
      shown(one.previous.n),
    ]),
  ]);
}

/** One line a row; what it is told apart by and its facts are columns. */
export function rowsCsv(rows: readonly KpiRow[]): string {
  const [first] = rows;
  const titles = [
    ...(first?.contributors ?? []).map(({ by }) => by),
    ...(first?.facts ?? []).map(({ title }) => title),
  ];
  return csvText([
    ['id', 'subject', 'at', 'verdict', 'numerator', 'denominator', 'milliseconds', ...titles],
    ...rows.map((row) => [
      row.id,
      row.subject,
      row.at,
      row.verdict,
      row.numerator,
      row.denominator,
      shown(row.measureMs),
      ...row.contributors.map(({ value }) => value),
      ...row.facts.map(({ value }) => value),
    ]),
  ]);
}
