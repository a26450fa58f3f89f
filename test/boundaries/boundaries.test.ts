import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';

interface CruiseReport {
  summary: { violations: { from: string; rule: { name: string } }[] };
}

test('the import rules refuse each way of pointing upward', async () => {
  const report = await cruise('test/boundaries/fixture', 'test/boundaries/dependency-cruiser.fixture.js');
  const found = report.summary.violations.map(
    ({ from, rule }) => `${from.split('fixture/')[1]}: ${rule.name}`,
  );
  expect(found.sort()).toEqual([
    'collector/asks-postgresql.ts: collector-knows-no-postgresql',
    'console/page.ts: console-knows-only-types-of-the-control-plane',
    'control-plane/app.ts: control-plane-imports',
    'model/reaches-up.ts: model-imports',
    'model/telemetry/reads-a-file.ts: telemetry-runs-in-a-browser',
    'probes/probe.ts: probes-imports',
    'slo/a.ts: no-circle',
  ]);
});

function cruise(path: string, config: string): Promise<CruiseReport> {
  const args = ['node_modules/.bin/depcruise', path, '--config', config, '--output-type', 'json'];
  return new Promise((resolve, reject) => {
    // It exits with the number of violations, so only output that is not JSON is a failure.
    execFile(process.execPath, args, (_exit, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as CruiseReport);
      } catch {
        reject(new Error(stderr || stdout));
      }
    });
  });
}
