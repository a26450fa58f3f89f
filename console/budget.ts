import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';

/**
 * Compressed script that a page loads, from Vite's manifest: static imports, and the chart that pages with
 * figures load at once. The map of the topology is loaded on demand and is not counted.
 * Run after a build: `npm run budget -w console`.
 */
const budgetBytesMax = 150_000;
const client = new URL('.svelte-kit/output/client/', import.meta.url);
const onDemand = ['src/lib/topology/topology-map.svelte'];

const Manifest = z.record(
  z.string(),
  z.object({
    file: z.string(),
    src: z.string().optional(),
    imports: z.array(z.string()).default([]),
    dynamicImports: z.array(z.string()).default([]),
  }),
);

const manifest = Manifest.parse(JSON.parse(await readFile(new URL('.vite/manifest.json', client), 'utf8')));
const keys = Object.keys(manifest);
const entries = keys.filter((key) => /client\/(entry|start|app)|runtime\/client\/entry/.test(key));
const nodes = keys.filter((key) => /client-optimized\/nodes\/\d+|nodes\/\d+\.js$/.test(key));
if (entries.length === 0 || nodes.length === 0)
  throw new Error('The manifest names no page: has the layout of the build changed?');

/** Files reached from `start`, dynamic imports included where they are parts of a page rather than other pages. */
function filesOf(start: readonly string[]): Set<string> {
  const files = new Set<string>();
  const open = [...start];
  const seen = new Set<string>();
  for (let key = open.pop(); key; key = open.pop()) {
    const chunk = manifest[key];
    if (!chunk || seen.has(key)) continue;
    seen.add(key);
    files.add(chunk.file);
    const parts = chunk.dynamicImports.filter(
      (part) => !nodes.includes(part) && !onDemand.some((heavy) => part.endsWith(heavy)),
    );
    open.push(...chunk.imports, ...parts);
  }
  return files;
}

let failed = false;
const layouts = nodes.filter((node) => /nodes\/[0-2]\.js$/.test(node));
for (const node of nodes.filter((one) => !layouts.includes(one))) {
  let bytes = 0;
  for (const file of filesOf([...entries, ...layouts, node])) {
    if (file.endsWith('.js')) bytes += gzipSync(await readFile(new URL(file, client))).length;
  }
  const over = bytes > budgetBytesMax;
  failed ||= over;
  process.stdout.write(
    `${over ? 'TOO MUCH ' : ''}${node.split('/').at(-1)}: ${(bytes / 1000).toFixed(1)} kB compressed\n`,
  );
}
if (failed) {
  process.stdout.write(`A page may load ${budgetBytesMax / 1000} kB of compressed script.\n`);
  process.exitCode = 1;
}
