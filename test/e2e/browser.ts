import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import type { Product } from './product.ts';

const executablePath = '/usr/bin/chromium';
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const administrator = {
  name: 'Ada Admin',
  email: 'ada@distributor.example',
  password: 'correct horse battery',
};

export function launch(): Promise<Browser> {
  if (!existsSync(executablePath))
    throw new Error(`Install Chromium at ${executablePath} to run the browser tests.`);
  return chromium.launch({ executablePath, args: flags });
}

/** Follows the first link as a person would and answers with the session, for further windows. */
export async function firstSignIn(browser: Browser, product: Product) {
  const page = await browser.newPage();
  await page.goto(product.firstLink);
  await page.getByLabel('Name').fill(administrator.name);
  await page.getByLabel('E-mail').fill(administrator.email);
  await page.getByLabel('Password').fill(administrator.password);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  const state = await page.context().storageState();
  await page.close();
  return state;
}

export interface Look {
  readonly width: number;
  readonly theme: 'light' | 'dark';
}

export const looks: readonly Look[] = [1440, 390].flatMap((width) =>
  (['light', 'dark'] as const).map((theme) => ({ width, theme })),
);

/** A window of one size and theme in which the administrator is signed in. */
export async function openWindow(
  browser: Browser,
  consoleUrl: string,
  session: Awaited<ReturnType<BrowserContext['storageState']>> | undefined,
  look: Look,
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.width < 500 ? 844 : 900 },
    timezoneId: 'America/Chicago',
    ...(session ? { storageState: session } : {}),
  });
  context.setDefaultTimeout(20_000);
  await context.addCookies([{ name: 'theme', value: look.theme, url: consoleUrl }]);
  return context;
}

/** Waits until scripts have taken over, so that keys and menus work. */
export async function ready(page: Page): Promise<void> {
  await page.waitForLoadState('load');
  await page.locator('main').waitFor();
  await page.waitForTimeout(700);
}
