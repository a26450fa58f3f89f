import { expect, test } from 'vitest';
import { filterOf, forReplay, isFiltered } from './filter.ts';

const nowMs = Date.parse('2026-11-23T12:00:00Z');
const of = (text: string) => filterOf(new URLSearchParams(text), nowMs);

test('without a state it is what waits; the time range of other pages is none of its business', () => {
  expect(of('from=now-15m&to=now')).toEqual({ state: 'open,acknowledged' });
  expect(isFiltered(new URLSearchParams('from=now-15m&view=letters'))).toBe(false);
});

test('the words of the address become the words of the API', () => {
  expect(of('flow=a&state=resolved&died=now-1h&tag=x&unknown=1')).toEqual({
    flow: 'a',
    state: 'resolved',
    tag: 'x',
    from: '2026-11-23T11:00:00.000Z',
  });
});

test('a replay of what waits names what is quarantined, so that its preview says why it stays', () => {
  expect(forReplay(of('flow=a'))).toEqual({ flow: 'a', state: 'open,acknowledged,quarantined' });
  expect(forReplay(of('state=open'))).toEqual({ state: 'open' });
  expect(forReplay({ ids: ['1'] })).toEqual({ ids: ['1'] });
});
