import { expect, it } from 'vitest';
import { compileCatalog } from './compile-catalog.ts';

const systems = 'systems: [{ name: erp, title: ERP, owner: it }]\n';
const kpi = (spec: string) => `apiVersion: plumbline/v1\nkind: Kpi\nmetadata: { name: late }\nspec:\n${spec}`;

function errorsOf(spec: string): string[] {
  const result = compileCatalog(
    new Map([
      ['systems.yaml', systems],
      ['kpis.yaml', kpi(spec)],
    ]),
  );
  return result.ok ? [] : result.errors.map(({ file, line, message }) => `${file}:${line} ${message}`);
}

it.each([
  [
    '  measure: { kind: workflow-adherence, workflows: [{ process: sell, within: 1d }] }\n',
    'kpis.yaml:5 unknown process "sell"',
  ],
  [
    '  target: { atMost: 0.1 }\n  measure: { kind: api-performance }\n',
    'kpis.yaml:5 write atLeast, as a api-performance is measured',
  ],
  ['  measure: { kind: failed-messages, flows: [orders] }\n', 'kpis.yaml:5 unknown flow "orders"'],
  ['  measure: { kind: failed-messages, settleAfter: 60d }\n', 'kpis.yaml:5 write a duration of at least'],
  ['  timeZone: Chicago\n  measure: { kind: findings }\n', 'kpis.yaml:5 use an IANA time zone'],
])('refuses %s and says where', (spec, wanted) => expect(errorsOf(spec).join('\n')).toContain(wanted));

it('gives a KPI without a target the usual one of its kind', () => {
  const result = compileCatalog(new Map([['kpis.yaml', kpi('  measure: { kind: findings }\n')]]));
  expect(result.ok && result.catalog.kpis[0]?.target).toEqual({ atMost: 0.001 });
});
