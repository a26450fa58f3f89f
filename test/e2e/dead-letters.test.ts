import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFaults } from './accessibility.ts';
import { firstSignIn, launch, openWindow, ready } from './browser.ts';
import { addManyLetters } from './many-letters.ts';
import { startProduct, type Product } from './product.ts';

/** More than 100, so that whoever sends must type how many. */
const burst = 120;
const flow = 'shop-order-to-erp';
const pictures = fileURLToPath(new URL('../.out/operator/', import.meta.url));
/** From the list to the last confirmation, without waiting for the end of the outage. */
const pathMsMax = 120_000;
const desk = { width: 1440, theme: 'light' } as const;
const operator = {
  name: 'Olga Operator',
  email: 'olga@distributor.example',
  password: 'another long password',
};

type Session = Awaited<ReturnType<BrowserContext['storageState']>>;
let product: Product;
let browser: Browser;
let adminSession: Session;
let operatorSession: Session;
let admin: Page;
let olga: Page;
let outageEndsAt: number;
let replayUrl = '';
/** When the operator saw the group complete. */
let beganAtMs = 0;

beforeAll(async () => {
  await mkdir(pictures, { recursive: true });
  product = await startProduct({ days: 0.1, live: true });
  browser = await launch();
  adminSession = await firstSignIn(browser, product);
  admin = await pageOf(adminSession);
  operatorSession = await inviteOperator();
  olga = await pageOf(operatorSession);
  const broken = await order('faults', { kind: 'outage', flow, minutes: 0.5, burst });
  outageEndsAt = Date.parse(String(broken['until']));
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
}, 60_000);

async function pageOf(session: Session): Promise<Page> {
  const window = await openWindow(browser, product.consoleUrl, session, desk);
  return window.newPage();
}

async function go(page: Page, path: string): Promise<void> {
  await page.goto(new URL(path, product.consoleUrl).href);
  await ready(page);
}

async function order(path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${product.businessUrl}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  return (await response.json()) as Record<string, unknown>;
}

/** The administrator hands out a link, as in life; the operator comes in by it. */
async function inviteOperator(): Promise<Session> {
  await go(admin, '/settings');
  await admin.locator('summary', { hasText: 'Invite' }).click();
  const form = admin.locator('form[action="?/invite"]');
  await form.locator('[name=email]').fill(operator.email);
  await form.locator('[name=name]').fill(operator.name);
  await form.locator('[name=role]').selectOption('operator');
  await form.getByRole('button').last().click();
  const link = admin.getByRole('textbox', { name: 'Sign-in link' });
  await link.waitFor();
  const window = await openWindow(browser, product.consoleUrl, undefined, desk);
  const page = await window.newPage();
  await page.goto(await link.inputValue());
  await page.getByLabel('Name').fill(operator.name);
  await page.getByLabel('E-mail').fill(operator.email);
  await page.getByLabel('Password').fill(operator.password);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  const session = await window.storageState();
  await window.close();
  return session;
}

const picture = (page: Page, name: string) =>
  page.screenshot({ path: `${pictures}${name}.png`, fullPage: true });

const term = (page: Page, name: string) =>
  page
    .locator(`[data-term=${name}]`)
    .innerText()
    .then((text) => Number(text.replaceAll(',', '')));

test('an operator finds what died by its cause, ticks it with the keyboard and sees what a replay would do', async () => {
  await go(olga, `/dead-letters?flow=${flow}`);
  const row = olga.locator('tbody tr', { hasText: 'PoolTimeoutError' });
  // All letters of the burst arrive by themselves; nothing is reloaded by hand.
  await expect
    .poll(() => row.locator('td.numeric strong').innerText(), { timeout: 60_000 })
    .toBe(String(burst));
  beganAtMs = Date.now();
  await picture(olga, '1-grouped-by-cause');
  await olga.keyboard.press('j');
  await olga.keyboard.press('x');
  await olga.getByText(`${burst} dead letters of 1 cause`).first().waitFor();
  await olga.keyboard.press('r');
  // Keys go to the reason at once: on the close button, the first space of it would close the window.
  await olga.locator('textarea[name=reason]:focus').waitFor();
  await olga.keyboard.type('The pool of the ERP is back');
  await picture(olga, '2-replay-of-one-cause');
  await olga.keyboard.press('Control+Enter');
  await olga.getByRole('heading', { name: `Replay ${burst} messages?`, level: 1 }).waitFor();
  await picture(olga, '3-what-it-reaches');
  replayUrl = new URL(olga.url()).pathname;
  const reach = olga.locator('section', { hasText: 'What it reaches' }).first();
  expect(await reach.innerText()).toContain('ERP receives them');
  expect(await olga.getByRole('button', { name: 'Start' }).count()).toBe(0);
}, 120_000);

test('whoever asked cannot approve, and is told so', async () => {
  await ready(olga);
  await olga.keyboard.press('a');
  await olga.getByRole('dialog').getByRole('button', { name: 'Ask for approval' }).press('Enter');
  await olga.getByText('Whoever asked cannot approve').waitFor();
  expect(await olga.getByRole('button', { name: 'Approve' }).isDisabled()).toBe(true);
});

test('a second person sees it first, approves exactly that, and every message is confirmed once', async () => {
  await olga.waitForTimeout(Math.max(0, outageEndsAt + 2000 - Date.now()));
  await go(admin, '/replays');
  await admin
    .getByRole('group', { name: 'Replays that wait for your approval' })
    .getByRole('link', { name: 'The pool of the ERP is back' })
    .click();
  await admin.waitForURL(new RegExp(replayUrl));
  await ready(admin);
  await admin.keyboard.press('a');
  const dialog = admin.getByRole('dialog', { name: /^Approve/ });
  const approve = dialog.getByRole('button', { name: 'Approve' });
  await admin.locator('[data-typed-count]:focus').waitFor();
  await admin.keyboard.type(String(burst - 1));
  expect(await approve.isDisabled()).toBe(true);
  await admin.keyboard.press('ControlOrMeta+a');
  await admin.keyboard.type(String(burst));
  await picture(admin, '4-second-person');
  await admin.keyboard.press('Enter');

  // The operator only watches: state, terms and stages change by themselves.
  await olga.locator('[data-sum]').waitFor();
  await picture(olga, '5-canary');
  const sums = new Set<number>();
  await expect
    .poll(
      async () => {
        sums.add(Number(await olga.locator('[data-sum]').getAttribute('data-sum')));
        return olga.locator('main .badge').first().innerText();
      },
      { timeout: 120_000, interval: 500 },
    )
    .toBe('Finished');
  expect([...sums]).toEqual([burst]);
  const waitedMs = Math.max(0, outageEndsAt - beganAtMs);
  expect(Date.now() - beganAtMs - waitedMs).toBeLessThan(pathMsMax);
  await picture(olga, '6-all-confirmed');
  expect(await term(olga, 'confirmed')).toBe(burst);
  expect(await olga.getByRole('list', { name: 'Stages' }).innerText()).not.toMatch(/waits|halted/);
  await olga.getByText(`All ${burst} messages are confirmed`).waitFor();
  const effects = await fetch(`${product.businessUrl}/effects`);
  expect(await effects.json()).toMatchObject({ doubled: 0 });
}, 240_000);

test('what was replayed is settled, and leads to its replay and the trace that proves it', async () => {
  await go(olga, `/dead-letters?flow=${flow}&state=resolved&view=letters`);
  await olga.locator('tbody a[data-row]').first().click();
  await olga.getByRole('heading', { name: /PoolTimeoutError/, level: 1 }).waitFor();
  await olga.getByText('Resolved').first().waitFor();
  expect(await olga.locator(`main a[href^="${replayUrl}"]`).count()).toBeGreaterThan(0);
  await go(olga, `${replayUrl}?outcome=confirmed`);
  await olga.locator('tbody a', { hasText: 'Trace' }).first().click();
  await olga.getByRole('heading', { name: 'Spans' }).waitFor();
});

test('a poisoned body is mended as a patch of one field, what is protected cannot be', async () => {
  await order('faults', { kind: 'poison-message', flow: 'wms-shipment-to-erp', count: 1, burst: 1 });
  await go(olga, '/dead-letters?flow=wms-shipment-to-erp&view=letters');
  await olga.locator('tbody a[data-row]').first().waitFor({ timeout: 60_000 });
  await olga.keyboard.press('j');
  await olga.keyboard.press('e');
  const editor = olga.locator('[data-editor]');
  await editor.waitFor();
  const body = await editor.inputValue();
  const preview = olga.getByRole('button', { name: 'Preview with this change…' });
  await editor.fill(body.replace('"shipment": "', '"shipment": "X'));
  await olga.getByText('/shipment must stay as it is').waitFor();
  expect(await preview.isDisabled()).toBe(true);
  await editor.fill(body.replace(/"quantity": "(\d+) EA"/, '"quantity": $1'));
  await preview.click();
  const dialog = olga.getByRole('dialog', { name: /^Replay/ });
  await dialog.getByLabel('Reason').fill('The unit was written into the quantity');
  await dialog.getByRole('button', { name: 'Preview the replay' }).click();
  await olga.getByRole('heading', { name: /^Replay 1 message/, level: 1 }).waitFor();
  expect(await olga.locator('section', { hasText: 'What is bound' }).first().innerText()).toMatch(
    /replace\s+\/quantity/,
  );
  await olga.getByRole('button', { name: 'Start' }).click();
  await olga.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
  await expect
    .poll(() => olga.locator('main .badge').first().innerText(), { timeout: 60_000, interval: 500 })
    .toBe('Finished');
  expect(await term(olga, 'confirmed')).toBe(1);
}, 180_000);

test('a change of thousands shows how far it is, and stops between two parts when it is cancelled', async () => {
  const many = await addManyLetters(product, 'marketplace-order-to-erp', 5300);
  await go(olga, '/dead-letters?flow=marketplace-order-to-erp');
  await olga.locator('tbody tr', { hasText: 'Timeout' }).first().waitFor();
  await olga.keyboard.press('j');
  await olga.keyboard.press('x');
  await olga.keyboard.press('a');
  await olga.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).press('Enter');
  const change = olga
    .getByRole('list', { name: 'Changes of many dead letters' })
    .getByRole('listitem')
    .first();
  expect(await change.innerText()).toMatch(
    /Acknowledging 5,300 dead letters by Olga Operator\s+0 of 5,300 changed/,
  );
  await picture(olga, '7-many-changed');
  await change.getByRole('button', { name: 'Cancel' }).press('Enter');
  // It waits for the part under way, or finds none where that one gave up waiting for the lock just then.
  const cancelled = olga.locator('[data-bulk=cancelled]');
  const isHeard = async () => (await many.isCancelWaiting()) || (await cancelled.count()) > 0;
  await expect.poll(isHeard, { timeout: 20_000 }).toBe(true);
  await many.release();
  await cancelled.waitFor();
  expect(await change.innerText()).toMatch(/cancelled: (?!5,300)[\d,]+ changed/);
  await many.remove();
});

test('axe finds nothing on any page, at either width, in either theme', { timeout: 300_000 }, async () => {
  const window = await openWindow(browser, product.consoleUrl, operatorSession, desk);
  const page = await window.newPage();
  const all = 'state=open,acknowledged,resolved,ignored,quarantined,replaying';
  await go(page, `/dead-letters?${all}&view=letters`);
  const letter = (await page.locator('tbody a[data-row]').first().getAttribute('href')) ?? '';
  const paths = [
    '/dead-letters',
    `/dead-letters?${all}`,
    `/dead-letters?${all}&view=letters`,
    '/dead-letters?q=there-is-none',
    letter,
    '/replays',
    replayUrl,
    `${replayUrl}/certificate`,
    `/flows/${flow}`,
  ];
  const addresses = paths.map((path) => new URL(path, product.consoleUrl).href);
  expect(await findFaults([page, await window.newPage()], addresses)).toEqual([]);
  await window.close();
});
