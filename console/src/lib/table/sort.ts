export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

/** `-failed` in the address is descending by `failed`. */
export function parseSort(text: string | null): Sort | undefined {
  const match = /^(-?)([a-zA-Z0-9]{1,40})$/.exec(text ?? '');
  return match?.[2] ? { column: match[2], descending: match[1] === '-' } : undefined;
}

export function formatSort(sort: Sort): string {
  return `${sort.descending ? '-' : ''}${sort.column}`;
}

/** Next state of a column's heading: descending first for numbers, then ascending, then as it came. */
export function nextSort(current: Sort | undefined, column: string, numeric: boolean): Sort | undefined {
  if (current?.column !== column) return { column, descending: numeric };
  return current.descending === numeric ? { column, descending: !numeric } : undefined;
}

/** Rows by one value; what has no value goes last either way. */
export function sortRows<Row>(
  rows: readonly Row[],
  value: (row: Row) => string | number | null | undefined,
  descending: boolean,
): Row[] {
  const sign = descending ? -1 : 1;
  return rows.toSorted((a, b) => compare(value(a), value(b), sign));
}

type Value = string | number | null | undefined;

function compare(a: Value, b: Value, sign: number): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
}
