import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/loopback-only.ts'],
    globalSetup: ['test/drill/end-to-end/assemblies.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Workers of functions are processes of their own; forks keep their patches of Date and net apart.
    pool: 'forks',
    // One for each core, not one fewer: tests of whole worlds wait for processes half of the time.
    maxWorkers: '100%',
  },
});
