import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const Totals = z.object({
  messages: z.number(),
  delivered: z.number(),
  effects: z.number(),
  doubled: z.number(),
});
export type Totals = z.infer<typeof Totals>;

const Broken = z.object({ messageIds: z.array(z.string()), until: z.coerce.date().optional() });

/** Breaks something through the control endpoint; answers the ids of the burst, and when a window closes. */
export async function breakSomething(url: string, fault: unknown): Promise<z.infer<typeof Broken>> {
  return Broken.parse(await post(`${url}/faults`, fault));
}

/** What the consumers made of these messages. */
export async function totalsOf(url: string, messageIds: readonly string[]): Promise<Totals> {
  return Totals.parse(await post(`${url}/effects`, { messageIds }));
}

export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`It did not come to it that ${what}.`);
    await sleep(200);
  }
}

async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}
