import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AxeBuilder } from '@axe-core/playwright';
import { findFaults } from './accessibility.ts';
import { administrator, firstSignIn, launch, openWindow, ready } from './browser.ts';
import { findPlaces, type Places } from './pages.ts';
import { startConsoleOnWire, startProduct, type Product } from './product.ts';

let product: Product;
let browser: Browser;
let session: Awaited<ReturnType<BrowserContext['storageState']>>;
let page: Page;
let places: Places;

beforeAll(async () => {
  product = await startProduct();
  browser = await launch();
  session = await firstSignIn(browser, product);
  const window = await openWindow(browser, product.consoleUrl, session, { width: 1440, theme: 'light' });
  page = await window.newPage();
  places = await findPlaces(page, product.consoleUrl);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
}, 60_000);

const go = async (path: string) => {
  await page.goto(product.consoleUrl + path);
  await ready(page);
};

describe('the way in', () => {
  test('without a session every page leads to sign-in, and back to where one was', async () => {
    const other = await openWindow(browser, product.consoleUrl, undefined, { width: 1440, theme: 'light' });
    const visitor = await other.newPage();
    await visitor.goto(`${product.consoleUrl}/flows?from=now-6h&to=now`);
    await visitor.getByLabel('E-mail').fill(administrator.email);
    await visitor.getByLabel('Password').fill('not the password');
    await visitor.getByRole('button', { name: 'Sign in' }).click();
    await visitor.getByRole('alert').waitFor();
    await visitor.getByLabel('Password').fill(administrator.password);
    await visitor.getByRole('button', { name: 'Sign in' }).click();
    await visitor.getByRole('heading', { name: 'Flows', level: 1 }).waitFor();
    expect(visitor.url()).toContain('/flows?from=now-6h');
    await other.close();
  });

  test('the first link works once', async () => {
    const other = await openWindow(browser, product.consoleUrl, undefined, { width: 1440, theme: 'light' });
    const visitor = await other.newPage();
    await visitor.goto(product.firstLink);
    await visitor.getByLabel('Name').fill('Eve');
    await visitor.getByLabel('E-mail').fill('eve@distributor.example');
    await visitor.getByLabel('Password').fill('another long password');
    await visitor.getByRole('button', { name: 'Create the account' }).click();
    await visitor.getByRole('alert').waitFor();
    await other.close();
  });
});

test('from the symptom to the cause: overview, flow, failed message, its transaction, its trace', async () => {
  await go('/?from=now-12h&to=now');
  await page.goto(product.consoleUrl + places.order);
  await ready(page);
  const problem = page.locator('main li', { has: page.getByText(/Dead-lettered|Retried|Failed/) }).first();
  const flow = (await problem.locator('a[href^="/flows/"]').first().getAttribute('href')) ?? '';
  const name = decodeURIComponent(/\/flows\/([^?]+)/.exec(flow)?.[1] ?? '');
  await go(`/?from=now-12h&to=now`);
  await page.locator(`main a[href^="/flows/${name}?"]`).first().click();
  await page.getByRole('heading', { name: 'Errors by cause' }).waitFor();
  await page.getByRole('group', { name: 'Errors by cause' }).locator('a[data-row]').first().click();
  await page.waitForURL(/cause=/);
  const messages = page.locator('#messages');
  await messages.locator('tbody tr').first().waitFor();
  expect(await messages.getByText(/Failed|Dead-lettered|Retried/).count()).toBeGreaterThan(0);
  await messages.locator('tbody a[href^="/transactions/"]').first().click();
  await page.getByRole('heading', { name: 'Timeline' }).waitFor();
  await page.locator('main ol a[href^="/traces/"]').first().click();
  await page.getByRole('heading', { name: 'Spans' }).waitFor();
  expect(await page.locator('main ol [data-row]').count()).toBeGreaterThan(0);
});

test('Ctrl+K with the number of order, shipment or invoice lands on the same transaction', async () => {
  await go(places.order);
  const heading = await page.getByRole('heading', { level: 1 }).innerText();
  const chips = await page.locator('main section', { hasText: 'Linked keys' }).locator('a.chip').all();
  const keys = await Promise.all(chips.map(async (chip) => (await chip.getAttribute('title')) ?? ''));
  const wanted = ['order', 'shipment', 'invoice'].map(
    (entity) => keys.find((key) => key.startsWith(`${entity}:`)) ?? '',
  );
  for (const key of wanted.filter(Boolean)) {
    await go('/');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill(key.slice(key.indexOf(':') + 1));
    await page.getByRole('option').first().waitFor();
    await page.waitForTimeout(600);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/transactions\//);
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
  }
  expect(wanted.filter(Boolean).length).toBeGreaterThanOrEqual(2);
});

describe('keyboard', () => {
  test('j and k walk the rows, Enter opens, / goes to the filter, ? tells the keys', async () => {
    await go('/flows?from=now-12h&to=now');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const second = await page.locator(':focus').getAttribute('href');
    await page.keyboard.press('k');
    expect(await page.locator(':focus').getAttribute('href')).not.toBe(second);
    await page.keyboard.press('/');
    await page.keyboard.type('jk?');
    expect(await page.locator('[data-filter]').inputValue()).toBe('jk?');
    await page.locator('main').focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
  });
});

test('the time range goes along from page to page', async () => {
  await go('/?from=now-6h&to=now');
  await page.getByRole('link', { name: 'Flows', exact: true }).first().click();
  await page.getByRole('heading', { name: 'Flows', level: 1 }).waitFor();
  expect(page.url()).toContain('from=now-6h');
});

test('an outage of the API reads as an outage, keeps the last figures and never as no data', async () => {
  const wired = await startConsoleOnWire(product);
  const other = await openWindow(browser, wired.url, session, { width: 1440, theme: 'light' });
  const visitor = await other.newPage();
  await visitor.goto(`${wired.url}/flows?from=now-12h&to=now`);
  await ready(visitor);
  const rows = await visitor.locator('main tbody tr').count();
  wired.cut();
  await visitor.getByRole('button', { name: /^Refresh/ }).click();
  await visitor.getByText('These figures are from').waitFor();
  expect(await visitor.locator('main tbody tr').count()).toBe(rows);
  await visitor.goto(`${wired.url}/transactions`);
  await visitor.getByRole('alert').waitFor();
  expect(await visitor.getByText('No transaction began').count()).toBe(0);
  await visitor.getByRole('button', { name: 'Try again' }).waitFor();
  const { violations } = await new AxeBuilder({ page: visitor }).analyze();
  expect(violations.map((violation) => violation.id)).toEqual([]);
  await other.close();
  await wired.stop();
});

test('an unknown flow is a page that says so, with status 404', async () => {
  const response = await page.goto(`${product.consoleUrl}/flows/there-is-none`);
  expect(response?.status()).toBe(404);
});

test('axe finds nothing on any page, at either width, in either theme', { timeout: 300_000 }, async () => {
  // Those of dead letters and replays are looked at where there are some of every kind.
  const others = places.pages.filter(({ name }) => !/^(dead-letters|replays)/.test(name));
  const addresses = others.map(({ path }) => product.consoleUrl + path);
  const window = page.context();
  expect(await findFaults([page, await window.newPage()], addresses)).toEqual([]);
});
