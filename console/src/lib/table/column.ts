import type { CsvColumn } from './csv.ts';

/** One column of a table: its heading, and the plain value for sorting and CSV. */
export interface Column<Row> extends CsvColumn<Row> {
  readonly id: string;
  readonly numeric?: boolean;
  readonly sortable?: boolean;
  /** Value to sort by when it is not the one to write. */
  readonly order?: (row: Row) => string | number | null | undefined;
  /** Classes for heading and cells alike, such as `max-md:hidden`. */
  readonly class?: string;
  readonly hint?: string;
}
