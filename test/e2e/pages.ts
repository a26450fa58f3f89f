import type { Page } from 'playwright-core';

const lastHours = 'from=now-12h&to=now';

/** Addresses of every page, with things on them that went wrong. */
export interface Places {
  readonly order: string;
  readonly trace: string;
  readonly flow: string;
  readonly pages: readonly { readonly name: string; readonly path: string }[];
}

/** Late orders that are opened in search of one with a story to tell. */
const lookedAtMax = 25;

async function hrefsOf(page: Page, selector: string): Promise<string[]> {
  const links = await page.locator(selector).all();
  return (await Promise.all(links.map((link) => link.getAttribute('href')))).flatMap((href) => href ?? []);
}

/** The first order that came as far as its shipment and lies behind a failed message; the first of all where none does. */
async function findTelling(page: Page, consoleUrl: string, orders: readonly string[]): Promise<string> {
  for (const order of orders) {
    await page.goto(consoleUrl + order);
    const failed = page.locator('main li', { has: page.getByText(/Dead-lettered|Retried|Failed/) });
    const shipment = page.locator('main a.chip[title^="shipment:"]');
    if ((await failed.count()) > 0 && (await shipment.count()) > 0) return order;
  }
  return orders[0] ?? '';
}

/** Finds a late order, its trace and a failing flow by looking at the console's own pages. */
export async function findPlaces(page: Page, consoleUrl: string, range = lastHours): Promise<Places> {
  await page.goto(`${consoleUrl}/transactions?${range}&process=order-to-cash&state=late`);
  const late = await hrefsOf(page, 'main a[data-row]');
  const order = await findTelling(page, consoleUrl, late.slice(0, lookedAtMax));
  await page.goto(consoleUrl + order);
  const trace = (await page.locator('main a[href^="/traces/"]').first().getAttribute('href')) ?? '';
  await page.goto(`${consoleUrl}/flows?${range}&sort=-failed`);
  const flow = (await page.locator('main a[data-row]').first().getAttribute('href')) ?? '';
  if (!order || !trace || !flow) throw new Error('The back-fill holds no late order, no trace or no flow.');
  return {
    order,
    trace,
    flow,
    pages: [
      { name: 'overview', path: `/?${range}` },
      { name: 'topology', path: `/topology?${range}` },
      { name: 'incidents', path: '/incidents?state=all' },
      { name: 'alerts', path: '/alerts?state=all' },
      { name: 'objectives', path: '/objectives' },
      { name: 'probes', path: '/probes' },
      { name: 'flows', path: `/flows?${range}` },
      { name: 'flow', path: flow },
      { name: 'transactions', path: `/transactions?${range}` },
      { name: 'transaction', path: order },
      { name: 'trace', path: trace },
      { name: 'dead-letters', path: '/dead-letters' },
      { name: 'dead-letters-one-by-one', path: '/dead-letters?view=letters' },
      { name: 'replays', path: '/replays' },
      { name: 'kpis', path: '/kpis' },
      { name: 'kpi', path: '/kpis/workflow-sla-adherence?period=week' },
      { name: 'systems', path: `/systems?${range}` },
      { name: 'settings', path: '/settings' },
    ],
  };
}
