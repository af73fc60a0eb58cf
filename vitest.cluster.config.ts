import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts'],
    pool: 'forks',
    // Each file has a cluster of its own.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    globalSetup: ['./test/preparation/global-setup.ts', './test/cluster/global-setup.ts'],
    reporters: ['default', './test/summary-reporter.ts'],
  },
});
