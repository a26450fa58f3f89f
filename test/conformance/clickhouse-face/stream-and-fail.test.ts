import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { describe, expect, it } from 'vitest';
import { useEngine } from './engine-under-test.ts';

const engine = useEngine({ PLUMBLINE_CLICKHOUSE_QUERIES_MAX: '4' });
const run = promisify(execFile);

const runningQueries = async (): Promise<number> =>
  Number(
    await (
      await engine.post("SELECT count() FROM system.processes WHERE query NOT LIKE '%system.processes%'")
    ).text(),
  );

const untilIdle = async (): Promise<void> => {
  const deadline = performance.now() + 10_000;
  while ((await runningQueries()) > 0) {
    if (performance.now() > deadline)
      throw new Error('a query of a client that is gone still runs after 10 s');
    await sleep(50);
  }
};

const endless = 'SELECT sum(sipHash64(number)) FROM numbers(100000000000)';

describe('streams', () => {
  it('bring the first rows long before the last', async () => {
    const startedMs = performance.now();
    const result = await engine.client.query({
      query: 'SELECT number FROM numbers(3000000)',
      format: 'JSONEachRow',
    });
    let count = 0;
    let firstMs = 0;
    for await (const rows of result.stream<{ number: number }>()) {
      if (count === 0) firstMs = performance.now() - startedMs;
      expect(rows[0]?.json().number).toBe(count);
      count += rows.length;
    }
    expect(count).toBe(3_000_000);
    expect(firstMs).toBeLessThan((performance.now() - startedMs) / 2);
  });

  it('wait for a slow reader instead of filling memory', async () => {
    const pids = await run('pgrep', ['-f', 'clickhouse/server.ts']);
    const residentKb = async (): Promise<number> =>
      Math.max(
        ...(await Promise.all(
          pids.stdout
            .trim()
            .split('\n')
            .map(async (pid) =>
              Number((await run('ps', ['-o', 'rss=', '-p', pid]).catch(() => ({ stdout: '0' }))).stdout),
            ),
        )),
      );
    const before = await residentKb();
    const answer = await engine.post(
      'SELECT number, repeat(toString(number), 20) FROM numbers(50000000) FORMAT TSV',
    );
    const reader = answer.body?.getReader();
    await reader?.read();
    await sleep(2_000);
    expect((await residentKb()) - before).toBeLessThan(200_000);
    await reader?.cancel();
    await untilIdle();
  });
});

describe('exceptions', () => {
  it('before the body are a status, a code in the header and a message', async () => {
    const answer = await engine.post('SELECT nope');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('x-clickhouse-exception-code')).toBe('47');
    expect(await answer.text()).toMatch(
      /^Code: 47\. DB::Exception: .*\(UNKNOWN_IDENTIFIER\) \(version 2\d\.\d+/s,
    );
    await expect(engine.client.query({ query: 'SELEC 1' })).rejects.toMatchObject({
      code: '62',
      type: 'SYNTAX_ERROR',
    });
  });

  it('name positions in the text the client sent', async () => {
    expect(await (await engine.post('SELECT 1 1')).text()).toContain('failed at position 10');
  });

  it.each([false, true])(
    'inside the body reach the reader of a stream (compressed: %s)',
    async (isCompressed) => {
      const client = createClient({
        url: engine.url.href,
        compression: { response: isCompressed },
        log: { level: ClickHouseLogLevel.OFF },
      });
      const result = await client.query({
        query: "SELECT throwIf(number = 2500000, 'boom') AS x, number FROM numbers(3000000)",
        format: 'JSONEachRow',
      });
      let count = 0;
      await expect(
        (async () => {
          for await (const rows of result.stream()) count += rows.length;
        })(),
      ).rejects.toMatchObject(
        // The stock client drops what it has not decompressed when a connection breaks; it fails all the same.
        isCompressed ? { name: 'Error' } : { code: '395', type: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' },
      );
      expect(count).toBeGreaterThan(100_000);
      await client.close();
    },
  );

  it('inside the body never look like a whole result', async () => {
    const answer = await engine.post('SELECT throwIf(number = 2500000) FROM numbers(3000000) FORMAT TSV');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-clickhouse-exception-tag')).toMatch(/^[0-9a-f]{16}$/);
    await expect(answer.text()).rejects.toThrow();
  });

  it('wait for the end of the query when asked to', async () => {
    const answer = await engine.post('SELECT throwIf(number = 2500000) FROM numbers(3000000) FORMAT TSV', {
      wait_end_of_query: '1',
    });
    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain('Code: 395.');
  });

  it('end a query that takes too long', async () => {
    await expect(
      engine.client.command({ query: endless, clickhouse_settings: { max_execution_time: 1 } }),
    ).rejects.toMatchObject({ code: '159' });
  });

  it.each([
    [{ compress: '1' }, 'compress=1'],
    [{ session_id: 'x' }, 'session_id'],
  ])('say what is not offered: %j', async (search, named) => {
    const answer = await engine.post('SELECT 1', search);
    expect(answer.status).toBe(501);
    expect(await answer.text()).toContain(named);
  });
});

describe('cancellation', () => {
  it('stops the query of a client that goes away', async () => {
    const stop = new AbortController();
    const answer = engine.client.query({ query: endless, abort_signal: stop.signal });
    answer.catch(() => undefined);
    await expect.poll(runningQueries, { timeout: 5_000 }).toBe(1);
    stop.abort();
    await expect(answer).rejects.toThrow();
    await untilIdle();
  });

  it('stops a stream that is left in the middle', async () => {
    const result = await engine.client.query({
      query: 'SELECT number FROM numbers(100000000000)',
      format: 'JSONEachRow',
    });
    for await (const rows of result.stream()) {
      expect(rows.length).toBeGreaterThan(0);
      break;
    }
    result.close();
    await untilIdle();
  });

  it('KILL QUERY finds the id that the client chose', async () => {
    const answer = engine.client.query({ query: endless, query_id: "it's *mine*" });
    answer.catch(() => undefined);
    await expect.poll(runningQueries, { timeout: 5_000 }).toBe(1);
    await engine.client.command({
      query: 'KILL QUERY WHERE query_id = {id:String} SYNC',
      query_params: { id: "it's *mine*" },
    });
    await expect(answer).rejects.toMatchObject({ code: '394', type: 'QUERY_WAS_CANCELLED' });
  });

  it('serves again at once when those who filled it go away', async () => {
    const stop = new AbortController();
    const ask = (): Promise<unknown> =>
      quiet.query({ query: endless, abort_signal: stop.signal }).then(
        () => 'answered',
        () => 'gone',
      );
    const quiet = createClient({
      url: engine.url.href,
      max_open_connections: 20,
      log: { level: ClickHouseLogLevel.OFF },
    });
    const many = Array.from({ length: 20 }, ask);
    await sleep(500);
    const waiting = engine.post('SELECT 1');
    expect(await Promise.race([waiting, sleep(300)])).toBeUndefined();
    stop.abort();
    expect(new Set(await Promise.all(many))).toEqual(new Set(['gone']));
    expect(await (await waiting).text()).toBe('1\n');
    await untilIdle();
    await quiet.close();
  });
});

describe('access', () => {
  it('answers ping to anyone, and to the client', async () => {
    expect(await (await fetch(`${engine.url.origin}/ping`)).text()).toBe('Ok.\n');
    expect(await (await fetch(`${engine.url.origin}/replicas_status`)).text()).toBe('Ok.\n');
    expect(await engine.client.ping()).toEqual({ success: true });
    expect(await engine.client.ping({ select: true })).toEqual({ success: true });
  });

  it('takes the password from URL, headers or Basic, and refuses everything else', async () => {
    const { username: user, password, origin } = engine.url;
    const ask = (search: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${origin}/?query=SELECT%201${search}`, { headers });
    expect((await ask(`&user=${user}&password=${password}`)).status).toBe(200);
    expect((await ask('', { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password })).status).toBe(200);
    expect((await ask('')).status).toBe(403);
    const wrong = await ask(`&user=${user}&password=no`);
    expect(wrong.status).toBe(403);
    expect(await wrong.text()).toContain('Code: 516.');
  });

  it('refuses requests that a web page makes', async () => {
    const status = await new Promise((resolve) => {
      request(
        `${engine.url.origin}/?query=SELECT%201&user=${engine.url.username}&password=${engine.url.password}`,
        { headers: { origin: 'http://evil.example' } },
        (answer) => resolve(answer.resume().statusCode),
      ).end();
    });
    expect(status).toBe(403);
  });

  it('works with curl', async () => {
    const { username, password, origin } = engine.url;
    const { stdout } = await run('curl', [
      '-sS',
      '--compressed',
      '-u',
      `${username}:${password}`,
      `${origin}/?enable_http_compression=1`,
      '--data-binary',
      'SELECT 42 FORMAT CSV',
    ]);
    expect(stdout).toBe('42\n');
  });
});
