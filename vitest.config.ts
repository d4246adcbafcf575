import { defineConfig } from 'vitest/config';

/**
 * Four projects: `unit` (beside the code), `suites` (conformance, e2e, bad input: against the sandbox), `traffic` (load on
 * several nodes, with nothing else beside it) and `openstack` (the same conformance suite and more, against a real OpenStack).
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,adapters}/**/*.test.ts'],
          setupFiles: ['test/setup/node-version.ts'],
        },
      },
      {
        test: {
          name: 'suites',
          include: ['test/**/*.test.ts'],
          exclude: ['test/openstack/**', 'test/traffic/**'],
          setupFiles: ['test/setup/node-version.ts'],
          testTimeout: 90_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'traffic',
          include: ['test/traffic/**/*.test.ts'],
          setupFiles: ['test/setup/node-version.ts'],
          testTimeout: 30_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'openstack',
          include: ['test/openstack/**/*.test.ts'],
          setupFiles: ['test/setup/node-version.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
