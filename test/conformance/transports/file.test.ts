import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { openFile } from '@plumbline/control-plane/transports/file.ts';
import type { Stand } from './harness.ts';
import { holdsToThePort } from './suite.ts';
import { tailAll } from './tailing.ts';

holdsToThePort({
  name: 'Directories',
  why: undefined,
  carries: {
    binaryHeaders: 'kept',
    repeatedHeaders: 'kept',
    emptyHeaders: 'kept',
    key: 'left out',
    partition: 'left out',
    tombstones: 'refused',
  },
  reads: true,
  connects: false,
  browses: true,
  counts: true,
  deduplicates: 'until taken',
  keepsOrder: false,
  kinds: { '': 'yes' },
  outliveKill: [],
  start,
});

async function start(): Promise<Stand> {
  const base = await mkdtemp(path.join(tmpdir(), 'plumbline-directories-'));
  const open = () =>
    openFile(pathToFileURL(base).href, { application: 'plumbline-test', now: () => new Date() });
  return {
    open,
    openAt: open,
    nowhere: 'nowhere',
    async createPlace() {
      const directory = randomUUID();
      await mkdir(path.join(base, directory));
      return { to: directory, from: directory };
    },
    received: (place, length) => tailAll(open(), place.from, length),
    // A directory is no process; that each file is on disk before it counts is a matter of its own test.
    target: null,
    settleMs: 0,
    close: () => rm(base, { recursive: true, force: true }),
  };
}
