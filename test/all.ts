/** `npm test`: verify, build the console, then the tests that need engines, processes and a browser. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
}

const outDir = 'test/.out';
mkdirSync(outDir, { recursive: true });
refuseToSkipInCi();

const totals = { passed: 0, failed: 0, skipped: 0 };
step('verify', 'node', ['test/verify.ts']);
count(`${outDir}/unit.json`);
step('build the console', 'npm', ['run', '--silent', 'build']);
for (const project of ['integration', 'e2e']) {
  const file = `${outDir}/${project}.json`;
  step(`${project} tests`, 'vitest', [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  count(file);
}
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed === 0 ? 0 : 1;

/** Runs one step with its output shown; a failing step that is no test counts as one failure. */
function step(name: string, command: string, args: string[]): void {
  console.log(`\n── ${name}`);
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) totals.failed += 1;
}

function count(file: string): void {
  if (!existsSync(file)) return;
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests;
  totals.skipped += report.numPendingTests;
}

/** On a developer's machine missing programs skip tests, and say so; in CI nothing may be skipped. */
function refuseToSkipInCi(): void {
  const needed = { chromium: 'the tests in a browser', 'rabbitmq-server': 'the tests over RabbitMQ' };
  for (const [program, tests] of Object.entries(needed)) {
    if (spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${program}`]).status === 0) continue;
    console.log(`${program} is not installed: ${tests} are skipped. On Debian: apt-get install ${program}`);
    if (process.env['CI']) {
      console.log('In CI no test may be skipped.');
      console.log('0 passed, 1 failed');
      process.exit(1);
    }
  }
}
