import type { TextColumn } from './columns.ts';
import { DecodeError } from './decode-error.ts';
import { columnHeads, nativeBlock, type NamedColumn } from './native.ts';
import type { TableName } from './tables.ts';

/** The columns of one table as a unit: a block in the making. */
export class ColumnSet {
  readonly columns: readonly NamedColumn[];
  /** Text columns count towards the size limit of a block; the rest is bounded by the number of rows. */
  private readonly texts: readonly TextColumn[];
  private readonly heads: readonly Buffer[];
  /** Items that were let in, to be held against the rows that came of them. */
  accepted = 0;
  private savedAccepted = 0;
  /** Counts the uses of this set, so that indexes into a dictionary are not carried over a reset. */
  use = 0;

  constructor(columns: readonly NamedColumn[], texts: readonly TextColumn[]) {
    this.columns = columns;
    this.texts = texts;
    this.heads = columnHeads(columns);
  }

  get rows(): number {
    return (this.columns[0] as NamedColumn).column.rows;
  }

  /** About the bytes that the block will take. */
  get weightBytes(): number {
    let bytes = this.rows * 160;
    for (const text of this.texts) bytes += text.length + text.rows * 4;
    return bytes;
  }

  save(): void {
    this.savedAccepted = this.accepted;
    for (const { column } of this.columns) column.save();
  }

  restore(): void {
    this.accepted = this.savedAccepted;
    for (const { column } of this.columns) column.restore();
  }

  reset(): void {
    this.use++;
    this.accepted = 0;
    for (const { column } of this.columns) column.reset();
  }

  native(): Buffer[] {
    return nativeBlock(this.columns, this.heads, this.rows);
  }
}

/** What every table's block offers, whatever its columns are. */
export interface Block {
  readonly table: TableName;
  readonly set: ColumnSet;
}

export interface BlockLimits {
  readonly rowsPerBlockMax: number;
  readonly bytesPerBlockMax: number;
  readonly bytesPerRequestMax: number;
}

const pooledBlocksMax = 3;

/** The blocks of one table that await the next commit; requests append to the last one. */
export class OpenBlocks<Kind extends Block> {
  private readonly create: () => Kind;
  private readonly limits: BlockLimits;
  private readonly pool: Kind[] = [];
  private open: Kind[] = [];
  private current: Kind;
  private savedCount = 0;
  private requestFilledBytes = 0;
  private requestStartBytes = 0;

  constructor(create: () => Kind, limits: BlockLimits) {
    this.create = create;
    this.limits = limits;
    this.current = create();
    this.open.push(this.current);
  }

  /** Starts a request: remembers where to return to should it prove malformed. */
  begin(): void {
    this.current.set.save();
    this.savedCount = this.open.length;
    this.requestFilledBytes = 0;
    this.requestStartBytes = this.current.set.weightBytes;
  }

  /** Forgets every row since `begin`. */
  rollback(): void {
    while (this.open.length > this.savedCount) this.release(this.open.pop() as Kind);
    this.current = this.open[this.open.length - 1] as Kind;
    this.current.set.restore();
  }

  /** The block that takes the next row; call it once before each row. */
  room(): Kind {
    const set = this.current.set;
    const weight = set.weightBytes;
    this.guard(weight);
    if (set.rows >= this.limits.rowsPerBlockMax || weight >= this.limits.bytesPerBlockMax)
      this.advance(weight);
    this.current.set.accepted++;
    return this.current;
  }

  /** Refuses a request that grows out of proportion when its shared attributes are written per row. */
  guard(weight: number = this.current.set.weightBytes): void {
    if (this.requestFilledBytes + weight - this.requestStartBytes > this.limits.bytesPerRequestMax)
      throw new DecodeError(
        'too_large',
        'The request expands to more than the collector accepts: send smaller batches.',
      );
  }

  private advance(weight: number): void {
    this.requestFilledBytes += weight;
    this.current = this.pool.pop() ?? this.create();
    this.open.push(this.current);
  }

  get isEmpty(): boolean {
    return this.open.length === 1 && this.current.set.rows === 0;
  }

  /** Hands the filled blocks over for a commit and goes on with a fresh one. */
  take(): Kind[] {
    const taken = this.open;
    this.current = this.pool.pop() ?? this.create();
    this.open = [this.current];
    return taken;
  }

  /** Takes a block back once its bytes are written. A large one is left to the garbage collector. */
  release(block: Kind): void {
    if (this.pool.length >= pooledBlocksMax || block.set.weightBytes > this.limits.bytesPerBlockMax * 2)
      return;
    block.set.reset();
    this.pool.push(block);
  }
}
