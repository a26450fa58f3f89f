import { TupleParam } from '@clickhouse/client';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { useEngine } from './engine-under-test.ts';

const engine = useEngine();

describe('results', () => {
  it('come in every format of JSON that the client reads whole', async () => {
    const query = 'SELECT number AS n, toString(number) AS s FROM numbers(3)';
    const json = await (
      await engine.client.query({ query, format: 'JSON' })
    ).json<{ n: number; s: string }>();
    expect(json.data).toEqual([
      { n: 0, s: '0' },
      { n: 1, s: '1' },
      { n: 2, s: '2' },
    ]);
    expect(json.rows).toBe(3);
    const compact = await (await engine.client.query({ query, format: 'JSONCompact' })).json();
    expect(compact.data).toEqual([
      [0, '0'],
      [1, '1'],
      [2, '2'],
    ]);
    const columns = await engine.post(query, { default_format: 'JSONColumns' });
    expect(await columns.json()).toEqual({ n: [0, 1, 2], s: ['0', '1', '2'] });
    const rows = await (await engine.client.query({ query, format: 'JSONEachRow' })).json();
    expect(rows).toEqual(json.data);
    const named = await (
      await engine.client.query({ query, format: 'JSONCompactEachRowWithNamesAndTypes' })
    ).json();
    expect(named).toEqual([
      ['n', 's'],
      ['UInt64', 'String'],
      [0, '0'],
      [1, '1'],
      [2, '2'],
    ]);
  });

  it.each([
    ['CSV', '0,"0"\n1,"1"\n'],
    ['CSVWithNames', '"n","s"\n0,"0"\n1,"1"\n'],
    ['TabSeparated', '0\t0\n1\t1\n'],
    ['TabSeparatedWithNames', 'n\ts\n0\t0\n1\t1\n'],
    ['TabSeparatedWithNamesAndTypes', 'n\ts\nUInt64\tString\n0\t0\n1\t1\n'],
    ['CustomSeparated', '0\t0\n1\t1\n'],
  ] as const)('come as %s', async (format, expected) => {
    const result = await engine.client.query({
      query: 'SELECT number AS n, toString(number) AS s FROM numbers(2)',
      format,
    });
    expect(await result.text()).toBe(expected);
  });

  it('keep their header lines when there is no row', async () => {
    const result = await engine.client.query({
      query: 'SELECT number AS n FROM numbers(0)',
      format: 'TabSeparatedWithNames',
    });
    expect(await result.text()).toBe('n\n');
  });

  it('show totals', async () => {
    const answer = await engine.post(
      'SELECT number % 2 AS k, count() FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k FORMAT TSV',
    );
    expect(await answer.text()).toBe('0\t5\n1\t5\n\n0\t10\n');
  });

  it('are whole in a binary format that cannot be cut', async () => {
    const parquet = Buffer.from(
      await (await engine.post('SELECT number FROM numbers(300000) FORMAT Parquet')).arrayBuffer(),
    );
    expect(parquet.subarray(0, 4).toString()).toBe('PAR1');
    expect(parquet.indexOf('PAR1', parquet.length - 4)).toBe(parquet.length - 4);
  });

  it('take the format from the URL, a header or the query, the query first', async () => {
    expect(await (await engine.post('SELECT 1 AS a', { default_format: 'JSONEachRow' })).text()).toBe(
      '{"a":1}\n',
    );
    expect(await (await engine.post('SELECT 1 AS a', {}, { 'x-clickhouse-format': 'CSV' })).text()).toBe(
      '1\n',
    );
    expect(
      await (
        await engine.post('SELECT 1 AS a FORMAT TSVWithNames', { default_format: 'JSONEachRow' })
      ).text(),
    ).toBe('a\n1\n');
    expect(
      (await engine.post('SELECT 1', { default_format: 'JSON' })).headers.get('x-clickhouse-format'),
    ).toBe('JSON');
  });

  it('carry the headers of a server', async () => {
    const answer = await engine.post('SELECT 1', { query_id: 'abc', default_format: 'JSONEachRow' });
    expect(answer.headers.get('x-clickhouse-query-id')).toBe('abc');
    expect(answer.headers.get('x-clickhouse-timezone')).toBe('UTC');
    expect(answer.headers.get('x-clickhouse-server-display-name')).not.toBe('');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=UTF-8');
    expect(JSON.parse(answer.headers.get('x-clickhouse-summary') ?? '')).toHaveProperty('elapsed_ns');
  });
});

describe('parameters', () => {
  const row = async (query: string, query_params: Record<string, unknown>): Promise<unknown> => {
    const result = await engine.client.query({ query, query_params, format: 'JSONEachRow' });
    return (await result.json())[0];
  };

  it.each([
    ['UInt8', 7, 7],
    ['Int64', -9007199254740991, -9007199254740991],
    ['Float64', 1.5, 1.5],
    ['Bool', true, true],
    ['String', 'a', 'a'],
    ['LowCardinality(String)', 'a', 'a'],
    ['Nullable(String)', null, null],
    ['Decimal(10, 2)', '12.34', 12.34],
    ['UUID', '61f0c404-5cb3-11e7-907b-a6006ad3dba0', '61f0c404-5cb3-11e7-907b-a6006ad3dba0'],
    ['DateTime', new Date('2026-01-02T03:04:05Z'), '2026-01-02 03:04:05'],
    ["DateTime64(3, 'UTC')", new Date('2026-01-02T03:04:05.678Z'), '2026-01-02 03:04:05.678'],
    ['DateTime64(9)', '2026-01-02 03:04:05.678901234', '2026-01-02 03:04:05.678901234'],
    ['Date', '2026-01-02', '2026-01-02'],
    ["Enum8('a' = 1, 'b' = 2)", 'b', 'b'],
    [
      'Array(String)',
      ["it's", 'tab\t', 'back\\slash', '{x:String}'],
      ["it's", 'tab\t', 'back\\slash', '{x:String}'],
    ],
    ['Array(Nullable(UInt32))', [1, null], [1, null]],
    ['Array(Array(Int32))', [[1], [2, 3]], [[1], [2, 3]]],
    ['Map(String, String)', { a: "it's", b: '}' }, { a: "it's", b: '}' }],
    ['Map(String, Array(UInt8))', { a: [1, 2] }, { a: [1, 2] }],
    ['Tuple(UInt8, String)', new TupleParam([1, "x'"]), [1, "x'"]],
  ])('of type %s', async (type, value, expected) => {
    expect(await row(`SELECT {x:${type}} AS x`, { x: value })).toEqual({ x: expected });
  });

  it('bring any text through unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 60 }), async (value) => {
        fc.pre(value !== '\\N' && value.isWellFormed());
        expect(await row('SELECT {x:String} AS x, {y:Array(String)} AS y', { x: value, y: [value] })).toEqual(
          { x: value, y: [value] },
        );
      }),
      { numRuns: 150 },
    );
  });

  it('name tables and columns', async () => {
    expect(
      await row('SELECT {c:Identifier} AS x FROM {d:Identifier}.{t:Identifier} WHERE x = {v:String}', {
        c: 'name',
        d: 'system',
        t: 'databases',
        v: 'plumbline',
      }),
    ).toEqual({ x: 'plumbline' });
  });

  it('work in LIMIT, IN and intervals', async () => {
    const query =
      'SELECT count() AS n FROM (SELECT number FROM numbers(100) WHERE number IN {ids:Array(UInt64)} AND now() - INTERVAL {m:UInt32} MINUTE < now() LIMIT {l:UInt32})';
    expect(await row(query, { ids: [1, 2, 3], m: 5, l: 2 })).toEqual({ n: 2 });
  });

  it('travel in a form when the client chooses so', async () => {
    const result = await engine.client.query({
      query: 'SELECT {x:String} AS x',
      query_params: { x: 'a'.repeat(100_000) },
      use_multipart_params: true,
      format: 'JSONEachRow',
    });
    expect(await result.json()).toEqual([{ x: 'a'.repeat(100_000) }]);
  });

  it('are refused when missing, and when the value is not of the type', async () => {
    await expect(engine.client.query({ query: 'SELECT {x:UInt8}' })).rejects.toMatchObject({
      code: '456',
      type: 'UNKNOWN_QUERY_PARAMETER',
    });
    await expect(
      engine.client.query({ query: 'SELECT {x:UInt8}', query_params: { x: 'DROP' } }),
    ).rejects.toMatchObject({ code: '6' });
    await expect(
      engine.client.query({
        query: 'SELECT {x:Map(String, String)}',
        query_params: { x: "{'a':currentUser()}" },
      }),
    ).rejects.toMatchObject({ code: '457' });
  });
});

describe('settings', () => {
  const setting = async (
    name: string,
    clickhouse_settings: Record<string, string | number>,
  ): Promise<string> => {
    const result = await engine.client.query({
      query: `SELECT toString(getSetting('${name}')) AS v`,
      format: 'JSONEachRow',
      clickhouse_settings,
    });
    return ((await result.json<{ v: string }>())[0] as { v: string }).v;
  };

  it('hold for their own request alone', async () => {
    expect(await setting('max_threads', { max_threads: 1 })).toBe('1');
    expect(await setting('max_block_size', { max_block_size: '4096' })).toBe('4096');
    const others = await Promise.all(Array.from({ length: 12 }, () => setting('max_block_size', {})));
    expect(new Set(others)).toEqual(new Set(['65409']));
  });

  it('do not survive a SET or USE', async () => {
    await engine.client.command({ query: 'SET max_block_size = 77' });
    await engine.client.command({ query: 'USE system' });
    const values = await Promise.all(Array.from({ length: 12 }, () => setting('max_block_size', {})));
    expect(values).not.toContain('77');
    const databases = await Promise.all(
      Array.from({ length: 12 }, async () => (await engine.post('SELECT currentDatabase()')).text()),
    );
    expect(new Set(databases)).toEqual(new Set(['plumbline\n']));
  });

  it('readonly refuses writes and leaves no trace', async () => {
    await expect(
      engine.client.command({
        query: 'CREATE TABLE ro (a UInt8) ENGINE = Memory',
        clickhouse_settings: { readonly: '1' },
      }),
    ).rejects.toMatchObject({ type: 'READONLY' });
    await engine.client.command({ query: 'CREATE TABLE ro (a UInt8) ENGINE = Memory' });
    await engine.client.command({ query: 'DROP TABLE ro' });
  });

  it('that do not exist are refused by name', async () => {
    await expect(setting('x', { no_such_setting: 1 })).rejects.toMatchObject({
      code: '115',
      type: 'UNKNOWN_SETTING',
    });
    expect((await engine.post('SELECT 1', { "a' ; DROP": '1' })).status).toBe(404);
  });

  it('bound memory with a clean error', async () => {
    const query = 'SELECT groupArray(number) FROM numbers(100000000)';
    await expect(
      engine.client.command({ query, clickhouse_settings: { max_memory_usage: '50000000' } }),
    ).rejects.toMatchObject({ code: '241' });
    expect(await (await engine.post('SELECT 1')).text()).toBe('1\n');
  });
});
