import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { createClient } from '@clickhouse/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { useEngine } from './engine-under-test.ts';

const engine = useEngine();

const columns =
  "a UInt64, b String DEFAULT concat('d', toString(a)), c LowCardinality(String), m Map(LowCardinality(String), String), n UInt64 MATERIALIZED a * 2";

beforeEach(async () => {
  await engine.client.command({ query: 'DROP TABLE IF EXISTS t' });
  await engine.client.command({
    query: `CREATE TABLE t (${columns}) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100`,
  });
});

const rows = async (query = 'SELECT a, b, c FROM t ORDER BY a'): Promise<unknown[]> =>
  (await engine.client.query({ query, format: 'JSONEachRow' })).json();

const bytesOf = async (query: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await (await engine.post(query)).arrayBuffer());

describe('insert of the stock client', () => {
  it('takes objects, and leaves omitted columns to their defaults', async () => {
    const { summary } = await engine.client.insert({
      table: 't',
      values: [
        { a: 1, c: 'x', m: { k: 'é' } },
        { a: 2, b: 'own', c: 'y' },
      ],
      format: 'JSONEachRow',
    });
    expect(summary?.written_rows).toBe('2');
    expect(await rows('SELECT a, b, c, m, n FROM t ORDER BY a')).toEqual([
      { a: 1, b: 'd1', c: 'x', m: { k: 'é' }, n: 2 },
      { a: 2, b: 'own', c: 'y', m: {}, n: 4 },
    ]);
  });

  it('takes named columns, and all but some', async () => {
    await engine.client.insert({
      table: 't',
      values: [[3, 'z']],
      columns: ['a', 'c'],
      format: 'JSONCompactEachRow',
    });
    await engine.client.insert({
      table: 't',
      values: [[4, 'own', {}]],
      columns: { except: ['c'] },
      format: 'JSONCompactEachRow',
    });
    expect(await rows()).toEqual([
      { a: 3, b: 'd3', c: 'z' },
      { a: 4, b: 'own', c: '' },
    ]);
  });

  it('takes a stream of objects and a stream of text', async () => {
    const objects = Readable.from(
      Array.from({ length: 5000 }, (_, a) => ({ a, c: 's' })),
      { objectMode: true },
    );
    await engine.client.insert({ table: 't', values: objects, format: 'JSONEachRow' });
    await engine.client.insert({
      table: 't',
      values: Readable.from(['9001,b1,c1,{}\n', '9002,b2,"c,2",{}\n'], { objectMode: false }),
      format: 'CSV',
    });
    expect(await rows('SELECT count() AS n, max(a) AS a FROM t')).toEqual([{ n: 5002, a: 9002 }]);
  });

  it('compresses what it sends and reads what comes compressed', async () => {
    const client = createClient({ url: engine.url.href, compression: { request: true, response: true } });
    await client.insert({
      table: 't',
      values: Array.from({ length: 2000 }, (_, a) => ({ a, c: 'same text again and again' })),
      format: 'JSONEachRow',
    });
    const result = await client.query({ query: 'SELECT * FROM t', format: 'JSONEachRow' });
    expect(result.response_headers['content-encoding']).toBe('gzip');
    expect(await result.json()).toHaveLength(2000);
    await client.close();
  });
});

describe('insert over HTTP', () => {
  it.each([
    'Native',
    'RowBinary',
    'RowBinaryWithNamesAndTypes',
    'Parquet',
    'ArrowStream',
    'JSONEachRow',
    'TabSeparatedWithNames',
    'CSVWithNames',
    'Values',
    'MsgPack',
  ])('takes %s', async (format) => {
    const body = await bytesOf(
      `SELECT number AS a, toString(number) AS b, toLowCardinality('c') AS c, CAST(map('k', 'v'), 'Map(LowCardinality(String), String)') AS m FROM numbers(70000) FORMAT ${format}`,
    );
    const answer = await engine.post(body, { query: `INSERT INTO t (a, b, c, m) FORMAT ${format}` });
    expect(await answer.text()).toBe('');
    expect(answer.status).toBe(200);
    expect(
      await rows(
        "SELECT count() AS n, sum(a) AS s, sum(cityHash64(b)) = (SELECT sum(cityHash64(toString(number))) FROM numbers(70000)) AS same, any(m['k']) AS k FROM t",
      ),
    ).toEqual([{ n: 70_000, s: 2_449_965_000, same: 1, k: 'v' }]);
  });

  it('takes the statement and its binary data in one body', async () => {
    const data = await bytesOf("SELECT number AS a, unhex('FF00FE') AS b FROM numbers(200000) FORMAT Native");
    const answer = await engine.post(
      Buffer.concat([Buffer.from('INSERT INTO t (a, b) FORMAT Native\n'), data]),
    );
    expect(answer.status).toBe(200);
    expect(await rows("SELECT count() AS n, countIf(hex(b) = 'FF00FE') AS same FROM t")).toEqual([
      { n: 200_000, same: 200_000 },
    ]);
  });

  it('takes a gzip body', async () => {
    const answer = await engine.post(
      gzipSync('{"a":1,"c":"z"}\n'),
      { query: 'INSERT INTO t FORMAT JSONEachRow' },
      { 'content-encoding': 'gzip' },
    );
    expect(answer.status).toBe(200);
    expect(await rows()).toEqual([{ a: 1, b: 'd1', c: 'z' }]);
  });

  it('refuses a broken gzip body and stores nothing', async () => {
    const answer = await engine.post(
      gzipSync('{"a":1,"c":"z"}\n').subarray(0, 20),
      { query: 'INSERT INTO t FORMAT JSONEachRow' },
      { 'content-encoding': 'gzip' },
    );
    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain('Code: 33.');
    expect(await rows()).toEqual([]);
  });

  it('reads input() from the body', async () => {
    const answer = await engine.post('{"x":20}\n{"x":21}\n', {
      query: "INSERT INTO t (a, c) SELECT x * 2, 'in' FROM input('x UInt64') FORMAT JSONEachRow",
    });
    expect(await answer.text()).toBe('');
    expect(await rows()).toEqual([
      { a: 40, b: 'd40', c: 'in' },
      { a: 42, b: 'd42', c: 'in' },
    ]);
  });

  it('never reads data as SQL', async () => {
    const answer = await engine.post('{"a":1}\n\nDROP TABLE t;\n', {
      query: 'INSERT INTO t FORMAT JSONEachRow',
    });
    expect(answer.status).not.toBe(200);
    expect((await engine.post('INSERT INTO t (a) VALUES (1); DROP TABLE t')).status).not.toBe(200);
    expect(await rows('SELECT count() AS n FROM t')).toEqual([{ n: 0 }]);
  });

  it('says which row is wrong, as a server does', async () => {
    const answer = await engine.post('{"a":1}\n{"a":"x"}\n', { query: 'INSERT INTO t FORMAT JSONEachRow' });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/^Code: (27|117|26)\..*\(at row 2\)/s);
  });

  it('refuses an unknown column by name', async () => {
    const answer = await engine.post('1\n', { query: 'INSERT INTO t (nope) FORMAT TSV' });
    expect(await answer.text()).toContain('Code: 16.');
  });

  it('takes an empty body as no rows', async () => {
    for (const format of ['JSONEachRow', 'Native', 'RowBinary', 'CSV']) {
      expect((await engine.post('', { query: `INSERT INTO t FORMAT ${format}` })).status, format).toBe(200);
    }
  });
});

describe('deduplication', () => {
  it('forgets neither the table nor its views when a token comes twice', async () => {
    await engine.client.command({
      query:
        'CREATE TABLE IF NOT EXISTS sums (k UInt8, n UInt64) ENGINE = SummingMergeTree ORDER BY k SETTINGS non_replicated_deduplication_window = 100',
    });
    await engine.client.command({
      query: 'CREATE MATERIALIZED VIEW IF NOT EXISTS to_sums TO sums AS SELECT 1 AS k, count() AS n FROM t',
    });
    const body = await bytesOf('SELECT number AS a FROM numbers(100000) FORMAT Native');
    const search = {
      query: 'INSERT INTO t (a) FORMAT Native',
      insert_deduplication_token: 'spool-1-0',
      insert_deduplicate: '1',
      deduplicate_blocks_in_dependent_materialized_views: '1',
      async_insert: '0',
      max_insert_threads: '1',
      min_insert_block_size_rows: '1000000',
      max_insert_block_size: '1000000',
      wait_end_of_query: '1',
    };
    for (let attempt = 0; attempt < 3; attempt++) expect((await engine.post(body, search)).status).toBe(200);
    expect(await rows('SELECT count() AS n FROM t')).toEqual([{ n: 100_000 }]);
    expect(await rows('SELECT sum(n) AS n FROM sums')).toEqual([{ n: 100_000 }]);
    expect(
      await rows(
        "SELECT count() AS parts FROM system.parts WHERE table = 't' AND active AND database = 'plumbline'",
      ),
    ).toEqual([{ parts: 1 }]);
    await engine.post(body, { ...search, insert_deduplication_token: 'spool-1-1' });
    expect(await rows('SELECT count() AS n FROM t')).toEqual([{ n: 200_000 }]);
    await engine.client.command({ query: 'DROP TABLE to_sums' });
    await engine.client.command({ query: 'DROP TABLE sums' });
  });
});
