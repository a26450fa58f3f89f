import type { Column } from './columns.ts';

/** A column under the name it has in its table. */
export interface NamedColumn {
  readonly name: string;
  readonly column: Column;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([varint(bytes.length), bytes]);
}

/** The constant head of each column in a block: its name and its type. */
export function columnHeads(columns: readonly NamedColumn[]): Buffer[] {
  return columns.map(({ name, column }) => Buffer.concat([text(name), text(column.type)]));
}

/**
 * Writes one block of ClickHouse's Native format (protocol revision 0, as over HTTP): the number of columns and
 * rows, then per column its head, its prefix and its data. The parts stay valid until the columns change.
 */
export function nativeBlock(
  columns: readonly NamedColumn[],
  heads: readonly Buffer[],
  rows: number,
): Buffer[] {
  const parts: Buffer[] = [Buffer.concat([varint(columns.length), varint(rows)])];
  columns.forEach(({ name, column }, index) => {
    if (column.rows !== rows)
      throw new Error(`Column ${name} has ${column.rows} rows where the block has ${rows}.`);
    parts.push(heads[index] as Buffer);
    column.prefix(parts);
    column.data(parts);
  });
  return parts;
}
