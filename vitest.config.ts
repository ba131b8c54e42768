import { defineConfig } from 'vitest/config'

/** `real` needs external parts and is run by `npm run test:real`; everything else by `npm test`. */
const project = (name: string, include: string[], timeoutMs: number) => ({
  test: {
    name,
    include,
    environment: 'node',
    testTimeout: timeoutMs,
    hookTimeout: 60_000,
    ...(name === 'unit' || name === 'stacks'
      ? {}
      : { globalSetup: ['test/support/postgres-server.ts'] }),
    sequence: { groupOrder: name === 'e2e' ? 1 : 0 },
  },
})

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('unit', ['test/unit/**/*.test.ts'], 10_000),
      project('contract', ['test/contract/**/*.test.ts'], 30_000),
      project('stacks', ['test/stacks/**/*.test.ts'], 60_000),
      project('e2e', ['test/e2e/**/*.test.ts'], 120_000),
      project('real', ['test/real/**/*.test.ts'], 300_000),
    ],
  },
})
