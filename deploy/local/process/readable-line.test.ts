import { expect, it } from 'vitest';
import { readableLine } from './readable-line.ts';

it.each([
  [
    '{"time":"2026-11-01T10:00:00Z","level":"error","msg":"cannot start","error":"no disk","stack":"at x"}',
    'cannot start: no disk',
  ],
  ['{"msg":"stopped","reason":"SIGTERM"}', 'stopped: SIGTERM'],
  ['{"msg":"ready","port":3000}', 'ready'],
  ['{"level":"error"}', '{"level":"error"}'],
  ['FATAL:  the database system is shutting down', 'FATAL:  the database system is shutting down'],
])('%s', (line, read) => {
  expect(readableLine(line)).toBe(read);
});
