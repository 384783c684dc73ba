/** Records that a consumer could not handle, and handing them over again. */

import { failedRecords, retryFailedRecord } from '../use-cases/failed-records.ts';
import type { Resolvers } from './types.generated.ts';

export const failedRecordResolvers = {
  Query: {
    failedRecords: (_root, _args, { deps }) => failedRecords(deps),
  },

  Mutation: {
    retryFailedRecord: async (_root, { input }, { deps, request }) => {
      const found = await retryFailedRecord(deps, input.id);
      const user = request.identity?.user;
      deps.logger.info({ id: input.id, user, found }, 'a retry of a failed record was asked for');
      return { found };
    },
  },

  FailedRecord: {
    consumer: ({ group }) => group,
    topic: ({ record }) => record.topic,
    key: ({ record }) => record.key,
    type: ({ record }) => record.type,
    payload: ({ record }) => JSON.stringify(record.payload),
    correlationId: ({ record }) => record.correlationId,
    causationId: ({ record }) => record.causationId,
    recordedAt: ({ record }) => record.recordedAtMs,
    failedAt: ({ failedAtMs }) => failedAtMs,
  },
} satisfies Resolvers;
