import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packBytes } from './pack-bytes.ts';

it('gives each part back by its start and length, as SQL counts them; nothing stays nothing', () => {
  const part = fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const { bytes, starts, lengths } = packBytes(parts);
      const back = starts.map((start, at) =>
        start === null ? null : bytes.subarray(start - 1, start - 1 + (lengths[at] ?? 0)),
      );
      expect(back).toEqual(parts);
    }),
  );
});
