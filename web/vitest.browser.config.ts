import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const module = (name: string) => fileURLToPath(new URL(`./node_modules/${name}`, import.meta.url));

// The specs lie in tests/browser, their packages here.
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  cacheDir: module('.vite'),
  resolve: {
    alias: {
      'playwright-core': module('playwright-core/index.mjs'),
      '@axe-core/playwright': module('@axe-core/playwright/dist/index.mjs'),
      ws: module('ws/wrapper.mjs'),
    },
  },
  test: {
    include: ['tests/browser/**/*.spec.ts'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    sequence: { concurrent: false },
  },
});
