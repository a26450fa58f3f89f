import { fileURLToPath } from 'node:url';
import { loadCatalog } from '@plumbline/model/catalog/load.ts';
import { expect, test } from 'vitest';
import { createFaultPlan } from '../business/faults.ts';
import { flowSpecs } from '../business/flows.ts';
import { advance, createBusiness } from '../business/simulate.ts';
import type { Step } from '../business/types.ts';
import { mainService, services } from '../telemetry/services.ts';

const loaded = await loadCatalog(fileURLToPath(new URL('.', import.meta.url)));
if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
const { catalog, warnings } = loaded;

test('loads without a warning', () => {
  expect(warnings).toEqual([]);
});

test('declares exactly the flows that run', () => {
  const declared = catalog.flows.map(({ name, source, target, transport }) => ({
    name,
    source,
    target,
    kind: transport.kind,
  }));
  const running = flowSpecs.map(({ name, source, target, transport }) => ({
    name,
    source,
    target,
    kind: transport.kind,
  }));
  expect(declared).toEqual(running.sort((a, b) => (a.name < b.name ? -1 : 1)));
});

test('knows the system of every service that speaks', () => {
  for (const { name } of services) {
    expect(
      catalog.systems.filter((system) => (system.services ?? [system.name]).includes(name)),
      name,
    ).toHaveLength(1);
  }
  for (const [system, service] of Object.entries(mainService)) {
    expect(catalog.systems.find((one) => one.name === system)?.services ?? [system]).toContain(service);
  }
});

test('every key that occurs belongs to an entity and matches its pattern', () => {
  const steps: Step[] = [];
  const fromMs = Date.UTC(2026, 9, 20);
  const faults = createFaultPlan(1, new Set(['duplicate-webhook', 'partial-shipment']));
  const emit = (step: Step): void => void steps.push(step);
  const business = createBusiness({ seed: 1, ratePerMinute: 2, faults, fromMs, emit, note: () => undefined });
  advance(business, fromMs + 24 * 3_600_000);
  const patterns = new Map(
    catalog.entities.map((entity) => [entity.name, new RegExp(`^(?:${entity.idPattern})$`)]),
  );
  const keys = new Set(steps.flatMap(keysOf));
  const strange = [...keys].filter((key) => {
    const split = key.indexOf(':');
    return !patterns.get(key.slice(0, split))?.test(key.slice(split + 1));
  });
  expect(strange).toEqual([]);
  expect(keys.size).toBeGreaterThan(5000);
});

function keysOf(step: Step): readonly string[] {
  if (step.kind === 'fact') return step.fact.keys;
  return step.kind === 'record' ? step.record.keys : step.message.keys;
}
