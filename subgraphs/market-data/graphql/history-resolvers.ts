/** Exchange rates and imports. */

import { connectionOf, pageRequest } from '#platform/connection';
import { PlatformError } from '#platform/errors';
import { findFxRate } from '../use-cases/find-fx-rate.ts';
import { listImports } from '../use-cases/list-imports.ts';
import { presentFxRate, presentImportRun } from './present.ts';
import type { Resolvers } from './types.generated.ts';

const IMPORT_PAGE = { list: 'imports', defaultFirst: 50, keyParts: 1 };
const RUN_ID = /^\d{1,9}$/;

export const historyResolvers = {
  Query: {
    fxRate: async (_root, { base, quote, asOf }, { deps }) => {
      const found = await findFxRate(deps, { base, quote, asOf: asOf ?? null });
      return found && presentFxRate(found);
    },

    imports: async (_root, args, { deps }) => {
      const page = pageRequest(args, IMPORT_PAGE);
      if (page.after?.some((key) => !RUN_ID.test(key))) {
        throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
      }
      const runs = await listImports(deps, page);
      const keyOf = (run: { readonly runId: number }) => [String(run.runId)];
      return connectionOf(runs, page, { keyOf, nodeOf: presentImportRun });
    },
  },
} satisfies Resolvers;
