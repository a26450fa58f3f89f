import { copyFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstSignIn, launch, looks, openWindow, ready } from './browser.ts';
import { findPlaces } from './pages.ts';
import { startProduct } from './product.ts';

/** Pictures of every page, in both themes and on desk and phone, from the real product: `npm run screenshots`. */
const root = fileURLToPath(new URL('../../', import.meta.url));
const out = path.join(root, 'test/.out');
const images = path.join(root, 'docs/images');
/** Pages whose picture stands in the documentation. */
const documented = new Set(['overview', 'topology', 'flow', 'transaction', 'trace']);

const product = await startProduct();
const browser = await launch();
try {
  await mkdir(out, { recursive: true });
  await mkdir(images, { recursive: true });
  const session = await firstSignIn(browser, product);
  const scout = await openWindow(browser, product.consoleUrl, session, { width: 1440, theme: 'light' });
  const places = await findPlaces(await scout.newPage(), product.consoleUrl, await troubledRange());
  await scout.close();
  for (const look of looks) {
    const window = await openWindow(browser, product.consoleUrl, session, look);
    const page = await window.newPage();
    for (const { name, path: address } of places.pages) {
      await page.goto(product.consoleUrl + address);
      await ready(page);
      const file = path.join(out, `${name}-${look.width}-${look.theme}.png`);
      await page.screenshot({ path: file, fullPage: look.width < 500 });
      if (look.width === 1440 && look.theme === 'light' && documented.has(name)) {
        await copyFile(file, path.join(images, `${name}.png`));
      }
    }
    await window.close();
  }
} finally {
  await browser.close();
  await product.stop();
}

/** Twelve hours up to the middle of the newest trouble, so that the pictures show what Plumbline is for; else up to now. */
async function troubledRange(): Promise<string | undefined> {
  const manifest = await readFile(path.join(product.dataDir, 'distributor-manifest.jsonl'), 'utf8');
  const lines = manifest.split('\n').filter((line) => line !== '');
  const troubles = lines
    .map((line) => JSON.parse(line) as { kind: string; scope: string; at: string; until?: string })
    .filter(({ kind, scope }) => scope === 'window' && kind !== 'slow-consumer')
    .filter(({ at }) => Date.parse(at) < Date.now());
  const newest = troubles.toSorted((a, b) => (a.at < b.at ? 1 : -1))[0];
  if (!newest?.until) return undefined;
  const [fromMs, untilMs] = [Date.parse(newest.at), Date.parse(newest.until)];
  const to = new Date(Math.min(Date.now(), fromMs + (untilMs - fromMs) * 0.7));
  return `from=${new Date(to.getTime() - 12 * 3_600_000).toISOString()}&to=${to.toISOString()}`;
}
process.stdout.write(`Pictures are in ${out} and ${images}.\n`);
