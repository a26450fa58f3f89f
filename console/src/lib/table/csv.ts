/** What begins like this is run as a formula by spreadsheets; a leading quote makes it text again. */
const formulaStart = /^[=+\-@\t\r]/;
const plainNumber = /^-?\d+(\.\d+)?$/;

export interface CsvColumn<Row> {
  readonly label: string;
  readonly value: (row: Row) => string | number | boolean | null | undefined;
}

/** Rows as CSV (RFC 4180, CRLF), safe to open in a spreadsheet whatever the cells hold (OWASP, CSV injection). */
export function toCsv<Row>(rows: readonly Row[], columns: readonly CsvColumn<Row>[]): string {
  const lines = [columns.map((column) => csvCell(column.label))];
  for (const row of rows) lines.push(columns.map((column) => csvCell(column.value(row))));
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** One cell. Numbers stay numbers, also below zero; any other text that looks like a formula is quoted out. */
export function csvCell(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  const safe = formulaStart.test(text) && !plainNumber.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** File name from words: `plumbline-flows-2026-03-01T1204Z.csv`. */
export function csvFileName(subject: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().slice(0, 16).replace(':', '');
  return `plumbline-${subject.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${stamp}Z.csv`;
}
