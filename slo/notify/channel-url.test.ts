import { expect, test } from 'vitest';
import { parseChannelUrl } from './channel-url.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

test.each([
  [
    `webhook+https://:${secret}@hooks.distributor.example:8443/alerts?team=a`,
    { kind: 'webhook', url: 'https://hooks.distributor.example:8443/alerts?team=a', secret },
  ],
  [`webhook+http://:${secret}@127.0.0.1:9000/`, { kind: 'webhook', url: 'http://127.0.0.1:9000/', secret }],
  [
    'pager-duty://R0123456789012345678901234567890',
    { kind: 'pager-duty', routingKey: 'R0123456789012345678901234567890' },
  ],
  [
    'slack+https://hooks.slack.com/services/T0/B0/x',
    { kind: 'slack', url: 'https://hooks.slack.com/services/T0/B0/x' },
  ],
  [
    'teams+https://prod.logic.azure.com/workflows/1?sig=a%2Fb',
    { kind: 'teams', url: 'https://prod.logic.azure.com/workflows/1?sig=a%2Fb' },
  ],
  [
    'smtps://ops:p%40ss@mail.distributor.example?from=plumbline@distributor.example&to=a@x.example,b@x.example',
    {
      kind: 'email',
      host: 'mail.distributor.example',
      port: 465,
      security: 'tls',
      user: 'ops',
      password: 'p@ss',
      from: 'plumbline@distributor.example',
      to: ['a@x.example', 'b@x.example'],
    },
  ],
])('%s', (url, settings) => {
  expect(parseChannelUrl(url)).toEqual(settings);
});

test('mail without a port changes to TLS on 587', () => {
  const url = 'smtp://mail.distributor.example?from=p@x.example&to=a@x.example';
  expect(parseChannelUrl(url)).toMatchObject({ port: 587, security: 'starttls' });
});

test.each([
  ['not a url', 'it is no URL'],
  ['carrier-pigeon://loft', '"carrier-pigeon://" is no channel; write one of webhook+https'],
  ['webhook+https://:short@hooks.example/', 'its secret is wrong: write 24 to 64 random bytes'],
  ['pager-duty://tooshort', 'its routingKey is wrong'],
  ['smtp://mail.example?from=p@x.example', 'its to is wrong'],
  ['webhook+ftp://:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw@x.example/', 'its url is wrong'],
])('%s is refused with a reason and without its secret', (url, reason) => {
  const read = () => parseChannelUrl(url);
  expect(read).toThrow(reason);
  expect(read).not.toThrow(/short@|whsec_/);
});
