import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a built Kubernetes: vitest.cluster.config.ts.
    exclude: [...configDefaults.exclude, 'test/cluster/**'],
    // Network namespaces and system calls belong to a process, not to a thread.
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    globalSetup: './test/preparation/global-setup.ts',
    reporters: ['default', './test/summary-reporter.ts'],
  },
});
