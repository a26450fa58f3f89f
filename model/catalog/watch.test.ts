import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { emptyCatalog } from './compile-catalog.ts';
import { type CatalogWatch, watchCatalog } from './watch.ts';

let directory: string;
let file: string;
let watching: CatalogWatch | undefined;
const reports: string[] = [];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plumbline-watch-'));
  file = path.join(directory, 'a.yaml');
  reports.length = 0;
});

afterEach(async () => {
  await watching?.stop();
  await rm(directory, { recursive: true, force: true });
});

function follow(pollMs: number): CatalogWatch {
  watching = watchCatalog({
    directory,
    initial: emptyCatalog(),
    onChange: ({ catalog, diff }) =>
      reports.push(`${catalog.systems.length} systems, ${diff.added.length} added`),
    onInvalid: (errors) => reports.push(errors.map(({ line, message }) => `${line}: ${message}`).join()),
    debounceMs: 20,
    pollMs,
  });
  return watching;
}

const systems = (...names: string[]): string =>
  ['systems:', ...names.map((name) => `  - { name: ${name}, title: ${name}, owner: it }`), ''].join('\n');

it('reports good and bad changes once each and keeps the last good catalog', async () => {
  const watch = follow(60_000);
  await writeFile(file, systems('erp'));
  await watch.check();
  await watch.check();
  await writeFile(file, 'systems: 3\n');
  await watch.check();
  await writeFile(file, systems('erp', 'wms'));
  await watch.check();
  await writeFile(file, `# only a comment\n${systems('erp', 'wms')}`);
  await watch.check();
  expect(reports).toEqual(['1 systems, 1 added', '1: write a list, not a number', '2 systems, 1 added']);
});

it('says so when a bad edit is taken back', async () => {
  const watch = follow(60_000);
  await writeFile(file, systems('erp'));
  await watch.check();
  await writeFile(file, 'systems: 3\n');
  await watch.check();
  await writeFile(file, systems('erp'));
  await watch.check();
  expect(reports.at(-1)).toBe('1 systems, 0 added');
});

it('notices a change by itself', async () => {
  follow(50);
  await writeFile(file, systems('erp'));
  await vi.waitFor(() => {
    expect(reports).toEqual(['1 systems, 1 added']);
  }, 5000);
});

it('reports nothing after it was stopped', async () => {
  const watch = follow(20);
  await watch.stop();
  await writeFile(file, systems('erp'));
  await watch.check();
  expect(reports).toEqual([]);
});

it('never takes a file that is being rewritten for an empty one', async () => {
  const watch = follow(20);
  await writeFile(file, systems('erp'));
  await watch.check();
  for (let round = 0; round < 5; round += 1) {
    await writeFile(file, '');
    await Promise.all([watch.check(), writeFile(file, systems('erp'))]);
  }
  expect(reports).toEqual(['1 systems, 1 added']);
});
