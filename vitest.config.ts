import { env } from 'node:process';

import { configDefaults, defineConfig } from 'vitest/config';

const NEEDS_A_DATABASE = ['**/*.db.test.ts', 'test/e2e/**/*.test.ts'];
const exclude = [...configDefaults.exclude, '**/dist/**', '.data/**'];

// A Postgres server for the tests to create their databases on, instead of one of their own.
const { DATABASE_URL } = env;

export default defineConfig({
  // Vite would take graphql's ES modules, while Apollo's packages require the CommonJS ones; two
  // copies of graphql do not know each other's schemas.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // A process per file would take half as long again. So no file leaves anything behind in a
    // module that others use, too.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...exclude, ...NEEDS_A_DATABASE],
          testTimeout: 10_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'db',
          include: NEEDS_A_DATABASE,
          exclude,
          // Starts Postgres, so that a run of unit tests alone starts none.
          globalSetup: ['test/support/global-setup.ts'],
          provide: DATABASE_URL === undefined ? {} : { givenDatabaseUrl: DATABASE_URL },
          testTimeout: 20_000,
          hookTimeout: 30_000,
          // What is waited for comes in its own time on a busy machine.
          expect: { poll: { timeout: 15_000 } },
        },
      },
    ],
  },
});
