import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Harness } from '../harness.ts';

/** The table in the README says what the suite holds the transport to, cell by cell. */
export function isDescribed({
  name,
  carries,
  browses,
  counts,
  deduplicates,
  keepsOrder,
  reads,
  kinds,
}: Omit<Harness, 'start'>): void {
  it(`${name} is what the README of the transports says`, () => {
    const readme = readFileSync(
      new URL('../../../../control-plane/transports/README.md', import.meta.url),
      'utf8',
    );
    const [table = ''] = readme.split('\n## ');
    const row = table.split('\n').find((line) => line.startsWith(`| ${name} `));
    const yes = (is: boolean) => (is ? 'yes' : 'no');
    const durable = Object.entries(kinds).map(([kind, says]) => (kind === '' ? says : `${kind}: ${says}`));
    const cells = [
      name,
      carries.binaryHeaders,
      carries.repeatedHeaders,
      carries.emptyHeaders,
      carries.key,
      carries.partition,
      carries.tombstones,
      yes(reads),
      yes(browses),
      yes(counts),
      deduplicates,
      yes(keepsOrder),
      durable.join(', '),
    ];
    expect(
      row
        ?.split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    ).toEqual(cells);
  });
}
