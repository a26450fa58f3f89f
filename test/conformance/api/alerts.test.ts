import { randomUUID } from 'node:crypto';
import { dispatchTo } from '@plumbline/control-plane/alerts/dispatch.ts';
import { clearAlert, raiseAlert } from '@plumbline/control-plane/alerts/raise.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openReceiver, secret, type Receiver, type Told } from '../alerts/receiver.ts';
import { codeOf, openStand, type Stand } from './stand.ts';

let stand: Stand;
let receiver: Receiver;
let engineer = '';
let viewer = '';
let status = 204;
const received: Told[] = [];

beforeAll(async () => {
  receiver = await openReceiver((told) => {
    received.push(told);
    return status;
  });
  stand = await openStand(undefined, undefined, {
    PLUMBLINE_CHANNEL_ON_CALL: receiver.channel,
    PLUMBLINE_CHANNEL_FAR_AWAY: `webhook+http://:${secret}@10.1.2.3/hook`,
    PLUMBLINE_NOTIFY_NETWORKS: '127.0.0.0/8',
  });
  engineer = await stand.tokenOf('engineer');
  viewer = await stand.tokenOf('viewer');
});
afterAll(async () => {
  receiver.close();
  await stand.close();
});
beforeEach(() => {
  received.length = 0;
  status = 204;
});

async function raise(key: string, channels: string[]): Promise<string> {
  const found = {
    key,
    severity: 'page' as const,
    title: `${key} is late`,
    summary: 'Since half an hour.',
    facts: [],
    links: [],
    channels,
    flows: [],
    systems: [],
    startedAt: stand.clock.now,
  };
  return raiseAlert(stand.context.postgres, found, randomUUID(), stand.clock.now);
}

async function dispatch(name: string): Promise<void> {
  const channel = stand.context.channels.open().get(name);
  if (!channel) throw new Error(`${name} is not open`);
  const { context } = stand;
  await dispatchTo(
    { ...context, channels: context.channels.open },
    name,
    channel,
    new AbortController().signal,
  );
}

interface Explained {
  alert: { state: string };
  channels: { channel: string; believes: string; reason: string }[];
  attempts: { channel: string; outcome: string; request: string }[];
}

async function explain(episode: string): Promise<Explained> {
  return (await stand.ask('GET', `/alerts/${episode}/explain`, { token: engineer })).body as Explained;
}

test('a test message is sent, resolved, shown without its secret, and audited', async () => {
  const answer = await stand.ask('POST', '/channels/on-call/test', { token: engineer });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    outcome: 'delivered',
    answer: expect.stringContaining('HTTP 204') as string,
  });
  expect(JSON.stringify(answer.body)).toContain('A test message of Plumbline');
  expect(JSON.stringify(answer.body)).not.toContain(secret.slice(6));
  expect(received.map(({ type }) => type)).toEqual(['alert.trigger', 'alert.resolve']);
  const audit = await stand.ask('GET', '/audit?action=channels.test', { token: engineer });
  expect((audit.body as { items: unknown[] }).items).toMatchObject([
    { target: 'channel:on-call', detail: { outcome: 'delivered' } },
  ]);
});

test('a test of a channel inside the network says which setting allows it', async () => {
  const answer = await stand.ask('POST', '/channels/far-away/test', { token: engineer });
  expect(answer.body).toMatchObject({ outcome: 'refused' });
  expect(JSON.stringify(answer.body)).toContain('PLUMBLINE_NOTIFY_NETWORKS');
});

test('only engineers may send a test, and a channel that is none is named', async () => {
  expect((await stand.ask('POST', '/channels/on-call/test', { token: viewer })).status).toBe(403);
  expect(codeOf(await stand.ask('POST', '/channels/nobody/test', { token: engineer }))).toBe('not_found');
});

test('alerts are listed by state and page by page, and each explains who was told', async () => {
  const episodes: string[] = [];
  for (const key of ['first', 'second', 'third']) {
    episodes.push(await raise(key, ['on-call', 'nobody']));
    stand.pass(1000);
  }
  await dispatch('on-call');
  await clearAlert(stand.context.postgres, 'first', stand.clock.now);
  const page = await stand.ask('GET', '/alerts?limit=1', { token: viewer });
  const { items, nextCursor } = page.body as { items: { key: string }[]; nextCursor: string };
  expect(items.map(({ key }) => key)).toEqual(['third']);
  const next = await stand.ask('GET', `/alerts?limit=1&cursor=${nextCursor}`, { token: viewer });
  expect(next.body).toMatchObject({ items: [{ key: 'second', state: 'firing' }], nextCursor: null });
  const resolved = await stand.ask('GET', '/alerts?state=resolved', { token: viewer });
  expect(resolved.body).toMatchObject({ items: [{ key: 'first', state: 'resolved' }] });

  const before = await explain(episodes[0] ?? '');
  expect(before.channels).toEqual([
    { channel: 'on-call', believes: 'yes', reason: 'Its resolve is sent next.', retryAt: null },
    {
      channel: 'nobody',
      believes: 'no',
      reason: 'There is no channel of this name: set PLUMBLINE_CHANNEL_NOBODY and restart.',
      retryAt: null,
    },
  ]);
  await dispatch('on-call');
  const after = await explain(episodes[0] ?? '');
  expect(after.channels[0]).toMatchObject({ believes: 'no', reason: 'Nothing is open there.' });
  expect(after.attempts.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered']);
  expect(JSON.stringify(after)).not.toContain(secret.slice(6));
  expect(codeOf(await stand.ask('GET', `/alerts/${randomUUID()}/explain`, { token: engineer }))).toBe(
    'not_found',
  );
});

test('a failure is explained with its time, and the channel shows it', async () => {
  status = 500;
  const episode = await raise('fails', ['on-call']);
  await dispatch('on-call');
  const explained = await explain(episode);
  expect(explained.channels[0]).toEqual({
    channel: 'on-call',
    believes: 'maybe',
    reason: 'It failed once.',
    retryAt: new Date(stand.clock.now.getTime() + 1000).toISOString(),
  });
  const list = await stand.ask('GET', '/channels', { token: viewer });
  expect(list.body).toMatchObject({
    items: [
      { name: 'far-away', last: null },
      { name: 'on-call', kind: 'webhook', last: { outcome: 'failed', reason: 'HTTP 500' } },
    ],
  });
  expect(JSON.stringify(list.body)).not.toContain(secret.slice(6));
});

test('an alert that somebody has is not told again before the time is over, and who has it is shown', async () => {
  const episode = await raise('taken', ['on-call']);
  const told = () => received.filter(({ data }) => data.title === 'taken is late').map(({ type }) => type);
  await dispatch('on-call');
  expect(
    (await stand.ask('POST', `/alerts/${episode}/acknowledge`, { token: viewer, json: {} })).status,
  ).toBe(403);
  const taken = await stand.ask('POST', `/alerts/${episode}/acknowledge`, {
    token: engineer,
    json: { minutes: 30 },
  });
  expect(taken.body).toMatchObject({ acknowledged: { by: 'engineer' } });
  expect((await explain(episode)).channels[0]?.reason).toContain('engineer has it');
  stand.pass(29 * 60_000);
  await dispatch('on-call');
  expect(told()).toHaveLength(1);
  stand.pass(2 * 60_000);
  await dispatch('on-call');
  await dispatch('on-call');
  expect(told()).toEqual(['alert.trigger', 'alert.update']);
  await clearAlert(stand.context.postgres, 'taken', stand.clock.now);
  await dispatch('on-call');
  expect(told()).toEqual(['alert.trigger', 'alert.update', 'alert.resolve']);
  const late = await stand.ask('POST', `/alerts/${episode}/acknowledge`, { token: engineer, json: {} });
  expect(codeOf(late)).toBe('conflict');
  const audit = await stand.ask('GET', '/audit?action=alerts.acknowledge', { token: engineer });
  expect(audit.body).toMatchObject({ items: [{ target: `alert:${episode}`, actorName: 'engineer' }] });
});

test('a silence holds back what matches it, says beforehand what that is, and tells it when it ends early', async () => {
  const match = { key: 'hushed' };
  const ask = (path: string, json?: unknown) => stand.ask('POST', path, { token: engineer, json });
  const titles = () =>
    received.map(({ data }) => data.title).filter((title) => /^(heard|hushed)/.test(title));
  const endsAt = new Date(stand.clock.now.getTime() + 3_600_000).toISOString();
  for (const wrong of [
    { match: {}, endsAt, reason: 'all' },
    { match, endsAt: stand.clock.now.toISOString(), reason: 'over' },
    { match, endsAt: '2036-01-01T00:00:00Z', reason: 'for ever' },
  ])
    expect((await ask('/silences', wrong)).status).toBe(400);
  const made = await ask('/silences', { match, endsAt, reason: 'planned work' });
  expect(made).toMatchObject({ status: 201, body: { state: 'active', createdBy: 'engineer' } });
  const episode = await raise('hushed', ['on-call']);
  await raise('heard', ['on-call']);
  await dispatch('on-call');
  expect(titles()).toEqual(['heard is late']);
  expect((await explain(episode)).channels[0]?.reason).toContain('silence');
  expect((await ask('/silences/preview', match)).body).toMatchObject({
    count: 1,
    alerts: [{ episode, isSilenced: true }],
  });
  const { id } = made.body as { id: string };
  expect((await ask(`/silences/${id}/end`)).body).toMatchObject({ state: 'over', endedBy: 'engineer' });
  expect(codeOf(await ask(`/silences/${id}/end`))).toBe('conflict');
  await dispatch('on-call');
  expect(titles()).toEqual(['heard is late', 'hushed is late']);
});

test('a receiver that is gone for good is not asked again', async () => {
  status = 410;
  stand.pass(3_600_000);
  const episode = await raise('gone', ['on-call']);
  await dispatch('on-call');
  expect(stand.context.channels.open().has('on-call')).toBe(false);
  const { channels } = await explain(episode);
  expect(channels[0]?.reason).toBe('It is switched off because its receiver is gone: HTTP 410');
});
