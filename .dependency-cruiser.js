/** Imports point one way; the table stands in ARCHITECTURE.md. `root` lets the fixture be judged by the same rules. */
export function boundaries(root = '^') {
  const inside = (path) => `${root}${path}`;
  const ours = '(model|collector|probes|slo|reconciliation-jobs|control-plane|console|deploy|test)/';
  const only = (from, allowed, name = from) => ({
    name: `${name}-imports`,
    comment: `${from} may import only: ${allowed.join(', ') || 'nothing of ours'}`,
    severity: 'error',
    from: { path: inside(`${from}/`), pathNot: '\\.test\\.ts$' },
    to: { path: inside(ours), pathNot: [from, ...allowed].map((path) => inside(`${path}/`)) },
  });
  return [
    only('model', []),
    only('collector', ['model']),
    only('slo', ['model']),
    only('reconciliation-jobs', ['model']),
    only('probes', ['model/catalog', 'model/telemetry']),
    only('control-plane', ['model', 'slo', 'reconciliation-jobs']),
    only('console', ['model/telemetry', 'control-plane']),
    {
      name: 'console-knows-only-types-of-the-control-plane',
      comment: 'The console is a client of the API: it may take types from control-plane/app.ts and no code.',
      severity: 'error',
      from: { path: inside('console/') },
      to: { path: inside('control-plane/'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'product-does-not-know-its-deployment',
      comment: 'deploy and test compose the product; the product never imports them.',
      severity: 'error',
      from: {
        path: inside('(model|collector|probes|slo|reconciliation-jobs|control-plane|console)/'),
        pathNot: '\\.test\\.ts$',
      },
      to: { path: inside('(deploy|test)/') },
    },
    {
      name: 'telemetry-runs-in-a-browser',
      comment:
        'model/telemetry is shared with the console: no Node modules, no drivers, no other part of the model.',
      severity: 'error',
      from: { path: inside('model/telemetry/'), pathNot: '\\.test\\.ts$' },
      to: { pathNot: inside('model/telemetry/') },
    },
    {
      name: 'collector-knows-no-postgresql',
      comment: 'Taking in telemetry must work while PostgreSQL is away.',
      severity: 'error',
      from: { path: inside('collector/') },
      to: { path: ['model/postgres/', 'node_modules/pg/'] },
    },
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      // A component that shows a tree shows itself for each branch.
      to: { circular: true, dependencyTypesNot: ['type-only'], pathNot: '/json-view[.]svelte$' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(\\$|\\./\\$types)' },
    },
  ];
}

export default {
  forbidden: boundaries(),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['console/\\.svelte-kit', 'console/build', 'test/boundaries/fixture'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'svelte', 'types'],
    },
  },
};
