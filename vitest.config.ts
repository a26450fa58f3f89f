import { defineConfig } from 'vitest/config';

const minuteMs = 60_000;

/**
 * unit: beside the code, no services. conformance: real engines, transports and processes. chaos: the same, killed.
 * acceptance: the API as people use it. e2e: a real browser.
 */
export default defineConfig({
  test: {
    reporters: process.env['CI'] ? ['default'] : ['dot'],
    projects: [
      {
        test: {
          name: 'unit',
          // Units share nothing that a test changes, so files need no process each.
          pool: 'threads',
          isolate: false,
          // Property tests are bounded by their runs; a busy machine must not fail them.
          testTimeout: minuteMs,
          include: [
            '{model,collector,control-plane,deploy,probes,slo,reconciliation-jobs}/**/*.test.ts',
            'console/src/**/*.test.ts',
            'test/{distributor,bench}/**/*.test.ts',
            'test/boundaries/*.test.ts',
          ],
          exclude: ['**/node_modules/**', 'test/distributor/{front-door,*-broker}.test.ts'],
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts', 'test/distributor/{front-door,*-broker}.test.ts'],
          testTimeout: 2 * minuteMs,
          hookTimeout: 2 * minuteMs,
          // Each file has engines and ports of its own, and waits for them half of its time.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          testTimeout: 2 * minuteMs,
          hookTimeout: 2 * minuteMs,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'acceptance',
          include: ['test/acceptance/**/*.test.ts'],
          // One platform for all of them; each has a flow of its own, and mostly waits.
          globalSetup: 'test/acceptance/stand/setup.ts',
          testTimeout: 2 * minuteMs,
          hookTimeout: 2 * minuteMs,
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 2 * minuteMs,
          hookTimeout: 4 * minuteMs,
          fileParallelism: false,
        },
      },
    ],
  },
});
