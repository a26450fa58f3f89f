import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { ready, type Look } from './browser.ts';

type Rules = 'all' | 'contrast' | 'all but contrast';

/** Rows of one table are made alike: the first dozen stands for a hundred, which take axe ten times as long. */
const likeTheFirst = 'tbody tr:nth-child(n + 13)';

/** Time for a change of theme or width to be drawn, transitions included. */
const settleMs = 250;

/** A theme changes colours alone and a width everything but colours: contrast, the slow rule, is asked once a theme. */
const steps: readonly (Look & { readonly rules: Rules })[] = [
  { width: 1440, theme: 'light', rules: 'all' },
  { width: 1440, theme: 'dark', rules: 'contrast' },
  { width: 390, theme: 'dark', rules: 'all but contrast' },
];

/** What axe finds at these addresses in either width and theme, and where a page is wider than its window. Pages share the work. */
export async function findFaults(pages: readonly Page[], addresses: readonly string[]): Promise<string[]> {
  const waiting = [...addresses];
  const faults = await Promise.all(pages.map((page) => findFaultsOf(page, waiting)));
  return faults.flat();
}

async function findFaultsOf(page: Page, waiting: string[]): Promise<string[]> {
  const faults: string[] = [];
  for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
    await page.goto(address);
    await ready(page);
    for (const { width, theme, rules } of steps) {
      const where = `${new URL(address).pathname} at ${width} px, ${theme}`;
      await look(page, { width, theme });
      faults.push(...(await findViolations(page, rules)).map((fault) => `${where}: ${fault}`));
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      if (overflow > 0) faults.push(`${where}: the page is ${overflow} px too wide`);
    }
  }
  return faults;
}

async function look(page: Page, { width, theme }: Look): Promise<void> {
  await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
  await page.evaluate(
    `document.documentElement.dataset.theme = '${theme}'; dispatchEvent(new Event('themechange'))`,
  );
  await page.waitForTimeout(settleMs);
}

async function findViolations(page: Page, rules: Rules): Promise<string[]> {
  const axe = new AxeBuilder({ page }).exclude(likeTheFirst);
  if (rules === 'contrast') axe.withRules(['color-contrast']);
  if (rules === 'all but contrast') axe.disableRules(['color-contrast']);
  const { violations } = await axe.analyze();
  return violations.map(({ id, nodes }) => {
    const targets = nodes.slice(0, 3).map(({ target }) => target.join(' '));
    return `${id} at ${targets.join(' | ')}`;
  });
}
