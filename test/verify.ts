/** `npm run verify`: everything that needs no service, side by side, with the output of what failed. */
import { spawn } from 'node:child_process';

interface Check {
  name: string;
  command: string;
}

/** `npm test` adds these tests to its count. */
const unitReport = 'test/.out/unit.json';

const checks: Check[] = [
  {
    name: 'unit tests',
    command: `vitest run --project unit --reporter=default --reporter=json --outputFile.json=${unitReport}`,
  },
  { name: 'types of the console', command: 'npm run --silent check --workspace console' },
  { name: 'lint and types', command: 'npm run --silent lint' },
  {
    name: 'format',
    command: 'oxfmt --check . && prettier --check --cache --log-level warn "console/src/**/*.svelte"',
  },
  {
    name: 'boundaries',
    command: 'depcruise model collector control-plane console/src deploy probes slo test --output-type err',
  },
  { name: 'nothing unused', command: 'knip --no-progress' },
];

// The long ones come first; two at a time is what two cores can do.
const atOnce = 2;
const failed: string[] = [];
const waiting = [...checks];
const startedMs = Date.now();
await Promise.all(Array.from({ length: atOnce }, work));
const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
console.log(failed.length === 0 ? `verified in ${seconds} s` : `failed: ${failed.join(', ')} (${seconds} s)`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const begunMs = Date.now();
    const { code, output } = await run(check.command);
    const tookS = ((Date.now() - begunMs) / 1000).toFixed(1);
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${check.name} (${tookS} s)`);
    if (code !== 0) {
      failed.push(check.name);
      console.log(output.trimEnd());
    } else if (check.name === 'unit tests') {
      console.log(
        output
          .split('\n')
          .filter((line) => /^\s*(Test Files|Tests)\s/.test(line))
          .join('\n'),
      );
    }
  }
}

function run(command: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, {
      shell: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
