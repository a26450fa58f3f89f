import { expect, test } from 'vitest';
import { clientAddress, trustedOf } from './visitor.ts';

const trusted = trustedOf(['10.0.0.0/8', '2001:db8::1']);

test.each([
  ['a stranger speaks for nobody', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['the machine itself may', '127.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['also over IPv6', '::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['a trusted network may', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['a trusted address may', '2001:db8::1', '2001:db8::77', '2001:db8::77'],
  [
    'what a client wrote itself stands further left and is not read',
    '10.1.2.3',
    '1.2.3.4, 198.51.100.1',
    '198.51.100.1',
  ],
  ['proxies in a row are passed', '127.0.0.1', '198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['nonsense ends the walk', '127.0.0.1', 'evil', '127.0.0.1'],
  ['no header', '203.0.113.9', '', '203.0.113.9'],
  ['no connection', 'unknown', '198.51.100.1', 'unknown'],
])('%s', (_, peer, forwardedFor, expected) => {
  expect(clientAddress(peer, forwardedFor, trusted)).toBe(expected);
});
