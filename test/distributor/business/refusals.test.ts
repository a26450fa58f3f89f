import { fileURLToPath } from 'node:url';
import { loadCatalog } from '@plumbline/model/catalog/load.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { createFaultPlan } from './faults.ts';
import { flowSpecs } from './flows.ts';
import { randomOf } from './random.ts';
import { refusalOf, spoiled } from './refusals.ts';
import { advance, createBusiness } from './simulate.ts';
import type { Message } from './types.ts';

const loaded = await loadCatalog(fileURLToPath(new URL('../catalog', import.meta.url)));
if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
const { flows, entities } = loaded.catalog;

const fromMs = Date.UTC(2026, 9, 20);
const sent: Message[] = [];
const business = createBusiness({
  seed: 1,
  ratePerMinute: 2,
  faults: createFaultPlan(1, new Set()),
  fromMs,
  emit: (step) => void (step.kind === 'attempted' && sent.push(step.message)),
  note: () => undefined,
});
advance(business, fromMs + 48 * 3_600_000);
const random = randomOf(1, 'test');

test.each(flowSpecs.map(({ name }) => name))(
  '%s refuses what was spoiled and takes what was repaired',
  (flow) => {
    const messages = sent.filter((message) => message.flow === flow).slice(0, 40);
    expect(messages.length).toBeGreaterThan(5);
    const schema = schemaOf(flow);
    for (const message of messages) {
      expect(refusalOf(message, random)).toBeUndefined();
      expect(schema(message.body), JSON.stringify(schema.errors)).toBe(true);
      const bad = spoiled(message, random);
      expect(refusalOf(bad, random)?.stack).toContain(' at ');
      expect(differences(message, bad)).toHaveLength(1);
      expect(schema(bad.body), `${flow} ${JSON.stringify(bad.body)}`).toBe(false);
      expect(protectedFields(flow)).not.toContain(`/${differences(message, bad)[0]}`);
    }
  },
);

test('the business keys of the catalog stand in the bodies', () => {
  for (const message of sent.slice(0, 4000)) {
    const { keys } = flows.find(({ name }) => name === message.flow)?.deadLetters ?? { keys: [] };
    const read = keys.flatMap(({ entity, from }) => {
      const value = 'pointer' in from ? message.body[from.pointer.slice(1)] : undefined;
      return value === undefined ? [] : [`${entity}:${String(value)}`];
    });
    expect(read, message.flow).toEqual(expect.arrayContaining([...message.keys]));
  }
});

function schemaOf(flow: string) {
  const entity = flows.find(({ name }) => name === flow)?.entity;
  const schema = entities.find(({ name }) => name === entity)?.schemas['1'];
  if (typeof schema !== 'object') throw new Error(`${entity} has no schema.`);
  return new Ajv2020({ strict: false }).compile(schema);
}

function protectedFields(flow: string): readonly string[] {
  return flows.find(({ name }) => name === flow)?.replay.protectedFields ?? [];
}

function differences(one: Message, other: Message): string[] {
  return Object.keys(one.body).filter((field) => one.body[field] !== other.body[field]);
}
