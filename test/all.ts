/** `npm test`: verify, build the console, then the tests that need engines, processes and a browser. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { whyNoKafka } from './brokers/kafka.ts';
import { whyNoNats } from './brokers/nats.ts';
import { whyNoRedis } from './brokers/redis.ts';

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
}

/** What tests need from the machine, beyond what `npm ci` brings. */
const programs = { chromium: 'the tests in a browser', 'rabbitmq-server': 'the tests over RabbitMQ' };

/** The longest takes about ten on two cores. */
const stepWithinMinutes = 25;
const outDir = 'test/.out';
const startedMs = Date.now();
const totals = { passed: 0, failed: 0, skipped: 0 };

rmSync(outDir, { recursive: true, force: true });
mkdirSync(outDir, { recursive: true });
const absent = sayWhatIsMissing();

testStep('verify', 'node', ['test/verify.ts'], 'unit');
step('build the console', 'npm', ['run', '--silent', 'build']);
for (const project of ['conformance', 'chaos', 'acceptance', 'e2e']) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportOf(project)}`];
  testStep(`${project} tests`, 'vitest', ['run', '--project', project, ...reporters], project);
}
for (const sentence of absent) console.log(sentence);
console.log(`\nall in ${Math.round((Date.now() - startedMs) / 1000)} s`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed === 0 ? 0 : 1;

/** Runs one step with its output shown; one that hangs is ended, so that the others are still run. */
function run(name: string, command: string, args: string[]): boolean {
  console.log(`\n── ${name}`);
  const ended = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: stepWithinMinutes * 60_000,
    killSignal: 'SIGKILL',
  });
  if (ended.signal) console.log(`${name}: ended after ${stepWithinMinutes} minutes, it was not done.`);
  return ended.status === 0;
}

/** A failing step that is no test counts as one failure. */
function step(name: string, command: string, args: string[]): void {
  if (!run(name, command, args)) totals.failed += 1;
}

/** Counts the tests of a step; a step that failed although none of its tests did counts as one failure. */
function testStep(name: string, command: string, args: string[], project: string): void {
  const succeeded = run(name, command, args);
  const report = readReport(reportOf(project));
  totals.passed += report?.numPassedTests ?? 0;
  totals.failed += report?.numFailedTests ?? 0;
  totals.skipped += report?.numPendingTests ?? 0;
  if (!succeeded && !report?.numFailedTests) totals.failed += 1;
}

function reportOf(project: string): string {
  return `${outDir}/${project}.json`;
}

function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}

/** On a developer's machine a missing program skips tests, and this says so; in CI it is a failure. */
function sayWhatIsMissing(): string[] {
  const sentences: string[] = [];
  for (const [program, tests] of Object.entries(programs)) {
    if (spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${program}`]).status === 0) continue;
    sentences.push(
      `${program} is not installed: ${tests} are skipped. On Debian: apt-get install ${program}`,
    );
  }
  for (const sentence of [whyNoKafka(), whyNoNats(), whyNoRedis()]) if (sentence) sentences.push(sentence);
  if (process.env['CI'] && sentences.length > 0) {
    totals.failed += sentences.length;
    sentences.push('With CI set nothing may be skipped, so this counts as a failure.');
  }
  for (const sentence of sentences) console.log(sentence);
  return sentences;
}
