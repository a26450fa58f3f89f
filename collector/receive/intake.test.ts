import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nowNs, requests } from '../decode/otlp-arbitraries.ts';
import { encodeMessage } from '../decode/otlp-encoder.ts';
import { signals, type Signal } from '../decode/tables.ts';
import type { Encoding } from './answers.ts';
import { Intake } from './intake.ts';

const limits = { rowsPerBlockMax: 1000, bytesPerBlockMax: 1e7, bytesPerRequestMax: 1e8 };
const ingestMs = Number(nowNs / 1_000_000n);
const window = { ingestMs, oldestNs: Number(nowNs) - 2e15, newestNs: Number(nowNs) + 1e15 };

/** Decodes requests into a fresh intake and returns the blocks and what was refused. */
function decodeAll(signal: Signal, encoding: Encoding, bodies: readonly Buffer[]) {
  const intake = new Intake(7, limits);
  const results = bodies.map((body) => intake.decode(signal, encoding, body, window));
  const harvest = intake.harvest();
  const blocks = harvest.records.map(({ table, rows, received, payload }) => ({
    table,
    rows,
    received,
    bytes: Buffer.concat(payload as Buffer[]).toString('latin1'),
  }));
  return { results, blocks, rejections: harvest.rejections };
}

const asJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const asProtobuf = (signal: Signal, value: object): Buffer =>
  encodeMessage(signal, value as Record<string, unknown>);

/** Members of all objects in another order, which means the same. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  );
}

describe.each(signals)('%s', (signal) => {
  test('protobuf and JSON of one request give the same blocks', () => {
    fc.assert(
      fc.property(requests[signal], (request) => {
        const fromProtobuf = decodeAll(signal, 'protobuf', [asProtobuf(signal, request)]);
        const fromJson = decodeAll(signal, 'json', [asJson(request)]);
        expect(fromJson).toEqual(fromProtobuf);
        expect(fromJson.results.every((result) => result.ok)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('rows, accepted items and refusals add up', () => {
    fc.assert(
      fc.property(fc.array(requests[signal], { maxLength: 4 }), (all) => {
        const { results, blocks, rejections } = decodeAll(signal, 'json', all.map(asJson));
        const received = results.reduce((sum, result) => sum + (result.ok ? result.outcome.received : 0), 0);
        const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
        expect(rows + (rejections[signal] ?? 0)).toBe(received);
        for (const block of blocks) expect(block.received).toBe(block.rows);
      }),
      { numRuns: 25 },
    );
  });

  test('the order of members does not matter', () => {
    fc.assert(
      fc.property(requests[signal], (request) => {
        const turned = shuffled(request) as object;
        const straight = decodeAll(signal, 'json', [asJson(request)]);
        expect(decodeAll(signal, 'json', [asJson(turned)])).toEqual(straight);
        expect(decodeAll(signal, 'protobuf', [asProtobuf(signal, turned)])).toEqual(straight);
      }),
      { numRuns: 25 },
    );
  });

  test.each(['protobuf', 'json'] as const)(
    'a cut %s request leaves nothing in a shared block',
    (encoding) => {
      fc.assert(
        fc.property(requests[signal], requests[signal], fc.nat(), (whole, cut, seed) => {
          const encode = (value: object): Buffer =>
            encoding === 'json' ? asJson(value) : asProtobuf(signal, value);
          const body = encode(cut);
          const end = seed % Math.max(1, body.length);
          const mixed = decodeAll(signal, encoding, [encode(whole), body.subarray(0, end), encode(whole)]);
          fc.pre(mixed.results[1]?.ok === false);
          const clean = decodeAll(signal, encoding, [encode(whole), encode(whole)]);
          const shape = (blocks: typeof mixed.blocks) =>
            blocks.map(({ table, rows, received }) => ({ table, rows, received }));
          expect(shape(mixed.blocks)).toEqual(shape(clean.blocks));
          expect(mixed.rejections[signal]).toBe(clean.rejections[signal]);
        }),
        { numRuns: 40 },
      );
    },
  );

  test.each(['protobuf', 'json'] as const)('no %s bytes make the decoder fail in another way', (encoding) => {
    fc.assert(
      fc.property(
        requests[signal],
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
        (request, changes) => {
          const body = encoding === 'json' ? asJson(request) : asProtobuf(signal, request);
          for (const [at, byte] of changes) if (body.length > 0) body[at % body.length] = byte;
          const { results } = decodeAll(signal, encoding, [body]);
          expect(results).toHaveLength(1);
        },
      ),
      { numRuns: 40 },
    );
  });
});
