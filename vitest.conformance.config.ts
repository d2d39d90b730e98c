import { defineConfig, mergeConfig } from 'vitest/config';
import tests from './vitest.config.ts';

/** `npm run conformance`: needs kubectl on the PATH. */
export default mergeConfig(
  { ...tests, test: { ...tests.test, include: [], globalSetup: [] } },
  defineConfig({ test: { include: ['test/drill/world/kubernetes/*.conformance.ts'] } }),
);
