import { expect, test } from 'vitest';
import { createConnections } from './connections.ts';

const actor = (id: string) => ({ kind: 'person', id, name: id, role: 'viewer' }) as const;

test('one actor may hold thirty connections, and another still gets in', () => {
  const connections = createConnections();
  const leave = Array.from({ length: 30 }, () => connections.enter(actor('ada')));
  expect(() => connections.enter(actor('ada'))).toThrow('You have 30 live connections open already');
  expect(() => connections.enter(actor('bob'))).not.toThrow();
  leave[0]?.();
  expect(() => connections.enter(actor('ada'))).not.toThrow();
});

test('five hundred connections are all there are, and leaving makes room', () => {
  const connections = createConnections();
  const leave = Array.from({ length: 500 }, (_, index) => connections.enter(actor(`person-${index}`)));
  expect(() => connections.enter(actor('late'))).toThrow('500 live connections');
  for (const one of leave) one();
  expect(() => connections.enter(actor('late'))).not.toThrow();
});
