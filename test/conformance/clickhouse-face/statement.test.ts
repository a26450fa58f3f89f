import { describe, expect, it } from 'vitest';
import { useEngine } from './engine-under-test.ts';

const engine = useEngine();

describe('statements', () => {
  it('create, fill, rename and drop', async () => {
    const { client } = engine;
    await client.command({ query: 'CREATE TABLE life (a UInt8, b String) ENGINE = MergeTree ORDER BY a' });
    await client.command({ query: "INSERT INTO life VALUES (1, 'x'), (2, 'y;')" });
    await client.command({ query: 'INSERT INTO life SELECT 3, {s:String}', query_params: { s: 'z' } });
    await client.command({
      query: 'ALTER TABLE life DELETE WHERE a = 2',
      clickhouse_settings: { mutations_sync: '1' },
    });
    const { stream } = await client.exec({ query: 'SELECT * FROM life ORDER BY a FORMAT TSV' });
    const text = (await stream.toArray()).map(String).join('');
    expect(text).toBe('1\tx\n3\tz\n');
    await client.command({ query: 'DROP TABLE life' });
    await expect(client.query({ query: 'SELECT * FROM life' })).rejects.toMatchObject({
      code: '60',
      type: 'UNKNOWN_TABLE',
    });
  });

  it('arrive in the URL, in the body, or half in each', async () => {
    expect(await (await engine.get('/?query=SELECT%201')).text()).toBe('1\n');
    expect(await (await engine.post('SELECT 2')).text()).toBe('2\n');
    expect(await (await engine.post('+ 2', { query: 'SELECT 1' })).text()).toBe('3\n');
  });

  it('never two at once', async () => {
    const answer = await engine.post('SELECT 1; DROP TABLE nothing');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/^Code: 62\. DB::Exception: .*Multi-statements are not allowed/);
  });

  it('that write are refused over GET', async () => {
    const answer = await engine.get('/?query=CREATE%20DATABASE%20x');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('x-clickhouse-exception-code')).toBe('164');
    await engine.client.command({ query: 'CREATE TABLE over_get (a UInt8) ENGINE = Memory' });
    const hidden = 'WITH 5 AS a INSERT INTO over_get SELECT a';
    const search = new URLSearchParams({ database: 'plumbline', wait_end_of_query: '1', query: hidden });
    expect((await engine.get(`/?${search.toString()}`)).status).toBe(405);
    expect(await (await engine.post('SELECT count() FROM over_get')).text()).toBe('0\n');
    expect((await engine.post(hidden)).status).toBe(200);
  });

  it('that are too long are refused at once, and nobody waits for them', async () => {
    const startedMs = performance.now();
    const answer = await engine.post(`SELECT ${'1,'.repeat(7_000_000)}1`);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/max_query_size/);
    expect(performance.now() - startedMs).toBeLessThan(3000);
    const longer = await engine.post(`SELECT ${' '.repeat(300_000)}1`, { max_query_size: '1000000' });
    expect(await longer.text()).toBe('1\n');
  });

  it('answer when their id could not stand in a header', async () => {
    for (const query_id of ['a\r\nx: y', 'ü€'])
      expect((await engine.post('SELECT 1', { query_id })).status).toBe(400);
  });

  it('cannot open files of the machine', async () => {
    for (const query of [
      "SELECT * FROM file('/etc/hostname', LineAsString)",
      'SELECT * FROM `/etc/hostname`',
      'SELECT * FROM default.`/etc/hostname`',
      "SELECT file\u200b('/etc/hostname')",
      "SELECT file\u0085('/etc/hostname')",
      "SELECT * APPLY(file) FROM (SELECT '/etc/hostname')",
      "SELECT arrayMap(file, ['/etc/hostname'])",
    ]) {
      expect((await engine.post(query)).status, query).not.toBe(200);
    }
    const additional_result_filter = "throwIf(1, file('/etc/hostname')) = 0";
    expect(await (await engine.post('SELECT 1', { additional_result_filter })).text()).toMatch(/not allowed/);
    await engine.post('CREATE TABLE leak (a String) ENGINE = Memory');
    expect((await engine.post("INSERT INTO leak VALUES (file('/etc/hostname'))")).status).not.toBe(200);
  });
});
