import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Delivery, Notification } from '../notification.ts';
import { ChannelSettings, openChannel } from '../open-channel.ts';
import { createReach } from '../reach.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const routingKey = 'R0123456789012345678901234567890';
const notification: Notification = {
  id: 'e1-trigger',
  key: 'objective:orders-in-step',
  action: 'trigger',
  severity: 'page',
  title: 'Orders <!channel> reach the *ERP* late',
  summary: 'In the last hour 12 of 40 orders were late.',
  at: new Date('2026-03-01T10:00:00Z'),
  startedAt: new Date('2026-03-01T09:40:00Z'),
  facts: [{ name: 'Value at risk', value: '12,400.00 EUR' }],
  links: [{ title: 'Alert', href: 'https://plumbline.example/alerts/e1' }],
};

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const received: Received[] = [];
let answer: { status: number; headers?: Record<string, string>; text?: string } | 'none' = { status: 200 };
let server: Server;
let base = '';
const mails: { to: string[]; text: string }[] = [];
let refuseMail = false;
let smtp: SMTPServer;
let smtpPort = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        headers: request.headers,
        body: String(Buffer.concat(parts)),
      });
      if (answer === 'none') return;
      response.writeHead(answer.status, answer.headers).end(answer.text ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  smtp = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    onData(stream, session, done) {
      let text = '';
      stream.on('data', (part: Buffer) => (text += String(part)));
      stream.on('end', () => {
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
        if (refuseMail) done(Object.assign(new Error('No such mailbox'), { responseCode: 550 }));
        else done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  smtpPort = (smtp.server.address() as AddressInfo).port;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
});

beforeEach(() => {
  received.length = 0;
  mails.length = 0;
  answer = { status: 200 };
  refuseMail = false;
});

const context = {
  reach: createReach(['127.0.0.0/8']),
  now: () => new Date('2026-03-01T10:00:05Z'),
  limitMs: 2000,
};

function send(settings: object, changed: Partial<Notification> = {}, mayBeDouble = false): Promise<Delivery> {
  const channel = openChannel(ChannelSettings.parse(settings), context);
  return channel.deliver({ ...notification, ...changed }, mayBeDouble, AbortSignal.timeout(5000));
}

const webhook = () => ({ kind: 'webhook', url: `${base}/hook`, secret });

test('a webhook is signed as Standard Webhooks verifies it, and has the id of the notification', async () => {
  expect((await send(webhook())).kind).toBe('delivered');
  const [got] = received;
  const headers = got?.headers as Record<string, string>;
  expect(headers['webhook-id']).toBe('e1-trigger');
  // The library's verifier refuses what is older than five minutes, so signatures are compared.
  const signer = new Webhook(secret);
  expect(headers['webhook-signature']).toBe(signer.sign('e1-trigger', context.now(), got?.body ?? ''));
  expect(JSON.parse(got?.body ?? '')).toMatchObject({
    type: 'alert.trigger',
    data: { key: 'objective:orders-in-step', facts: notification.facts },
  });
});

test('PagerDuty opens and resolves one incident by the identity of the alert', async () => {
  const settings = { kind: 'pager-duty', url: `${base}/v2/enqueue`, routingKey };
  await send(settings);
  await send(settings, { action: 'resolve', id: 'e1-resolve' });
  const [trigger, resolve] = received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  expect(trigger).toMatchObject({
    event_action: 'trigger',
    dedup_key: notification.key,
    payload: { severity: 'critical', summary: notification.title, timestamp: '2026-03-01T09:40:00.000Z' },
  });
  expect(resolve).toEqual({ event_action: 'resolve', dedup_key: notification.key, routing_key: routingKey });
});

test('what a business calls its things rings nobody in Slack and formats nothing in Teams', async () => {
  await send({ kind: 'slack', url: `${base}/services/T0/B0/secret` });
  await send({ kind: 'teams', url: `${base}/workflows/secret` });
  expect(received[0]?.body).toContain('&lt;!channel&gt;');
  expect(received[0]?.body).not.toMatch(/"mrkdwn","text":"[^"]*<!channel>/);
  expect(received[1]?.body).toContain(String.raw`\\*ERP\\*`);
});

test('a room that may have it already is told so', async () => {
  await send({ kind: 'slack', url: `${base}/services/x` }, {}, true);
  await send({ kind: 'slack', url: `${base}/services/x` });
  expect(received.map(({ body }) => body.includes('may have been posted before'))).toEqual([true, false]);
});

test('the record of an exchange shows what went out and came back, and no secret', async () => {
  answer = { status: 200, text: 'ok, T0/B0/secret' };
  const slack = await send({ kind: 'slack', url: `${base}/T0/B0/secret` });
  expect(slack.exchange.request).toContain(notification.summary);
  expect(slack.exchange.request).not.toContain('secret');
  expect(slack.exchange.answer).toContain('HTTP 200');
  const pager = await send({ kind: 'pager-duty', url: base, routingKey });
  expect(pager.exchange.request).not.toContain(routingKey);
  answer = { status: 404, text: 'no hook at T0/B0/secret' };
  const refused = await send({ kind: 'slack', url: `${base}/T0/B0/secret` });
  expect(refused).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('no hook at') as unknown,
  });
  expect(JSON.stringify(refused)).not.toContain('secret');
});

test.each([
  [204, 'delivered', {}],
  [302, 'refused', {}],
  [400, 'refused', {}],
  [410, 'gone', {}],
  [429, 'failed', { mayHaveArrived: false, waitMs: 7000 }],
  [503, 'failed', { mayHaveArrived: false, waitMs: 7000 }],
  [500, 'failed', { mayHaveArrived: true }],
])('HTTP %i is %s', async (status, kind, more) => {
  answer = { status, headers: { 'retry-after': '7', location: `${base}/elsewhere` } };
  expect(await send(webhook())).toMatchObject({ kind, ...more });
  expect(received).toHaveLength(1);
});

test('a Retry-After of a day is cut to what still helps', async () => {
  answer = { status: 429, headers: { 'retry-after': '86400' } };
  expect(await send(webhook())).toMatchObject({ waitMs: 300_000 });
});

test('no answer: it may have arrived. No connection: it has not', async () => {
  answer = 'none';
  expect(await send(webhook())).toMatchObject({ kind: 'failed', mayHaveArrived: true });
  expect(await send({ ...webhook(), url: 'http://127.0.0.1:1/' })).toMatchObject({
    kind: 'failed',
    mayHaveArrived: false,
  });
});

test('a mail is one of a thread, has an id that stays, and cannot be given more headers by a title', async () => {
  const settings = {
    kind: 'email',
    host: '127.0.0.1',
    port: smtpPort,
    security: 'none',
    from: 'Plumbline <plumbline@distributor.example>',
    to: ['ops@distributor.example'],
  };
  const sent = await send(settings, { title: 'Late\r\nBcc: everyone@else.example' });
  expect(sent).toMatchObject({ kind: 'delivered' });
  expect(mails[0]?.to).toEqual(['ops@distributor.example']);
  expect(mails[0]?.text).toMatch(/^Message-ID: <e1-trigger@distributor\.example>/im);
  expect(mails[0]?.text).toMatch(/^References: <objective-orders-in-step@distributor\.example>/im);
  expect(mails[0]?.text).not.toMatch(/^Bcc:/im);
  refuseMail = true;
  expect(await send(settings)).toMatchObject({ kind: 'refused' });
});

test.each([
  ['http://169.254.169.254/latest/meta-data', '169.254.169.254'],
  ['http://[::ffff:10.0.0.1]/', 'inside this network'],
  ['http://10.1.2.3/', '10.1.2.3'],
  ['http://[fe80::1]/', 'fe80::1'],
])('%s is refused', async (url, part) => {
  const sent = await send({ ...webhook(), url });
  expect(sent).toMatchObject({ kind: 'refused' });
  expect(JSON.stringify(sent)).toContain(part);
});

test('a name that leads inside is refused where it is resolved', async () => {
  const reach = createReach([]);
  const settings = ChannelSettings.parse({ ...webhook(), url: `http://localhost:${new URL(base).port}/` });
  const sent = await openChannel(settings, { ...context, reach }).deliver(
    notification,
    false,
    AbortSignal.timeout(5000),
  );
  expect(sent).toMatchObject({ kind: 'failed', mayHaveArrived: false });
  expect(JSON.stringify(sent)).toContain('PLUMBLINE_NOTIFY_NETWORKS');
  expect(received).toHaveLength(0);
});

test('a network that is none is named', () => {
  expect(() => createReach(['10.0.0.0/33'])).toThrow('"10.0.0.0/33" is no network');
  expect(() => createReach(['intranet'])).toThrow('"intranet" is no network');
});
