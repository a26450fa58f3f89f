import { describe, expect, test } from 'vitest';
import { faultKinds } from './business/faults.ts';
import { readConfig, type Config } from './config.ts';

function read(args: string[], environment: Record<string, string> = {}): Config {
  const config = readConfig(args, environment);
  if (config === 'help') throw new Error('asked for help');
  return config;
}

describe('command line', () => {
  test('has gentle defaults', () => {
    expect(read([])).toMatchObject({ seed: 1, days: 7, once: false, otlpUrl: 'http://127.0.0.1:4318' });
    expect([...read([]).faults]).toEqual([...faultKinds]);
  });

  test('takes a list of faults, all or none', () => {
    expect([...read(['--faults', 'slow-consumer, lost-event']).faults]).toEqual([
      'slow-consumer',
      'lost-event',
    ]);
    expect(read(['--faults', 'none']).faults.size).toBe(0);
  });

  test.each([
    [['--faults', 'gremlins'], /no fault is called "gremlins"/],
    [['--rate', '0'], /too small/i],
    [['--rate', '1000'], /too big/i],
    [['--days', 'many'], /number/],
  ])('refuses %j with a reason', (args, reason) => {
    expect(() => read(args)).toThrow(reason);
  });

  test('refuses an address that is none', () => {
    expect(() => read([], { PLUMBLINE_OTLP_URL: 'nowhere' })).toThrow(/url/i);
  });

  test('answers --help', () => {
    expect(readConfig(['--help'], {})).toBe('help');
  });
});
