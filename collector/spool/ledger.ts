import { open, readFile, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { Signal } from '../decode/tables.ts';
import { writeDurably } from './durable-files.ts';

const Tally = z.object({ received: z.int(), stored: z.int(), rejected: z.int(), quarantined: z.int() });
export type Tally = z.infer<typeof Tally>;

const LedgerEntry = z.object({
  totals: z.object({ traces: Tally, logs: Tally, metrics: Tally }),
  /** Segments that are settled in the totals but whose files may still exist. */
  settled: z.array(z.int()),
  nextSegment: z.int(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

const compactAboveBytes = 1024 * 1024;

export function emptyTally(): Tally {
  return { received: 0, stored: 0, rejected: 0, quarantined: 0 };
}

function emptyEntry(): LedgerEntry {
  return {
    totals: { traces: emptyTally(), logs: emptyTally(), metrics: emptyTally() },
    settled: [],
    nextSegment: 1,
  };
}

function encodeLine(entry: LedgerEntry): string {
  const text = JSON.stringify(entry);
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`;
}

function decodeLine(line: string): LedgerEntry | undefined {
  const text = line.slice(9);
  if (text === '' || crc32(text) !== Number.parseInt(line.slice(0, 8), 16)) return undefined;
  const parsed = LedgerEntry.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

/** The last whole line of a ledger file: each line is a complete statement, so the others are history. */
export function lastEntry(content: string): LedgerEntry {
  const lines = content.split('\n');
  for (let index = lines.length - 1; index >= 0; index--) {
    const entry = decodeLine(lines[index] as string);
    if (entry) return entry;
  }
  return emptyEntry();
}

export type LedgerChange = (entry: LedgerEntry) => void;

/**
 * The durable half of the counters: what became of items that are no longer in a segment. A change is visible in
 * `entry` only once it is on disk, in the same instant as `onDurable` runs, so the figures add up at any time.
 */
export class Ledger {
  private readonly path: string;
  private handle: FileHandle | undefined;
  private bytes = 0;
  private tail: Promise<void> = Promise.resolve();
  entry: LedgerEntry;

  private constructor(path: string, entry: LedgerEntry) {
    this.path = path;
    this.entry = entry;
  }

  static async open(path: string): Promise<Ledger> {
    const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const ledger = new Ledger(path, lastEntry(content));
    await ledger.rewrite(ledger.entry);
    return ledger;
  }

  /** Makes a change durable; changes are applied one after the other. */
  change(change: LedgerChange, onDurable: () => void = () => undefined): Promise<void> {
    const run = async (): Promise<void> => {
      const next = structuredClone(this.entry);
      change(next);
      await this.write(next);
      this.entry = next;
      onDurable();
    };
    const result = this.tail.then(run);
    this.tail = result.catch(() => undefined);
    return result;
  }

  private async write(next: LedgerEntry): Promise<void> {
    if (!this.handle || this.bytes > compactAboveBytes) return this.rewrite(next);
    const line = encodeLine(next);
    try {
      await this.handle.appendFile(line);
      await this.handle.datasync();
      this.bytes += Buffer.byteLength(line);
    } catch (error) {
      // The file may end in half a line now, so the next change starts a new file.
      await this.close();
      throw error;
    }
  }

  private async rewrite(entry: LedgerEntry): Promise<void> {
    await this.close();
    const line = encodeLine(entry);
    await writeDurably(this.path, line);
    this.handle = await open(this.path, 'a');
    this.bytes = Buffer.byteLength(line);
  }

  async close(): Promise<void> {
    const handle = this.handle;
    this.handle = undefined;
    await handle?.close().catch(() => undefined);
  }
}

export function addTally(entry: LedgerEntry, signal: Signal, delta: Partial<Tally>): void {
  const tally = entry.totals[signal];
  tally.received += delta.received ?? 0;
  tally.stored += delta.stored ?? 0;
  tally.rejected += delta.rejected ?? 0;
  tally.quarantined += delta.quarantined ?? 0;
}
