import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { SpreadLongFiles } from './test/setup/spread-long-files.ts';

/** Suites with real processes and clocks: on CI once more for a test that failed, and its name printed. */
const SECOND_TRY = { retry: process.env.CI === undefined ? 0 : 1 };

/** What comes in its own time is waited for this long, milliseconds: the machine may be busy. By itself Vitest waits for one second. */
const PATIENT = { expect: { poll: { timeout: 20_000 } } };

/**
 * `unit` (beside the code), `suites` (conformance, e2e, bad input: against the sandbox), `traffic` (load on several nodes,
 * with nothing else at the same time), `workerd` (inside the runtime of Workers) and `edge` (workers from outside), `openstack`
 * (the same conformance suite and more, against a real OpenStack), and `tools` (programs that customers use, which each file installs).
 */
export default defineConfig({
  test: {
    sequence: { sequencer: SpreadLongFiles },
    reporters: ['default', './test/support/flaky-reporter.ts'],
    projects: [
      {
        test: {
          ...PATIENT,
          name: 'unit',
          include: ['{src,adapters}/**/*.test.ts'],
          setupFiles: ['test/setup/node-version.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...PATIENT,
          name: 'suites',
          ...SECOND_TRY,
          include: ['test/**/*.test.ts'],
          exclude: [
            '**/node_modules/**',
            'test/openstack/**',
            'test/traffic/**',
            'test/edge/**',
            'test/tools/**',
          ],
          setupFiles: ['test/setup/node-version.ts'],
          testTimeout: 90_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...PATIENT,
          name: 'traffic',
          ...SECOND_TRY,
          include: ['test/traffic/**/*.test.ts'],
          setupFiles: ['test/setup/node-version.ts'],
          testTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            main: 'test/edge/worker.ts',
            wrangler: { configPath: 'test/edge/wrangler.toml' },
            miniflare: { bindings: { MIGRATIONS: await readD1Migrations('adapters/sql/migrations/d1') } },
          })),
        ],
        test: {
          ...PATIENT,
          name: 'workerd',
          ...SECOND_TRY,
          include: ['test/edge/inside/**/*.test.ts'],
          setupFiles: ['test/edge/inside/setup.ts'],
          testTimeout: 90_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...PATIENT,
          name: 'edge',
          ...SECOND_TRY,
          include: ['test/edge/*.test.ts'],
          setupFiles: ['test/setup/node-version.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...PATIENT,
          name: 'openstack',
          ...SECOND_TRY,
          include: ['test/openstack/**/*.test.ts'],
          globalSetup: ['test/setup/own-projects.ts'],
          setupFiles: ['test/setup/node-version.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...PATIENT,
          name: 'tools',
          include: ['test/tools/**/*.test.ts'],
          setupFiles: ['test/setup/node-version.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 3_600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
