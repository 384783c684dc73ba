/** All resolvers of positions; each file beside this one holds those of one concern. */

import { auditResolvers } from './audit-resolvers.ts';
import { commandResolvers } from './command-resolvers.ts';
import { correctionResolvers } from './correction-resolvers.ts';
import { contractResolvers } from './contract-resolvers.ts';
import { deadLetterResolvers } from './dead-letter-resolvers.ts';
import { eventResolvers } from './event-resolvers.ts';
import { failedRecordResolvers } from './failed-record-resolvers.ts';
import { lotEventResolvers } from './lot-event-resolvers.ts';
import { positionResolvers } from './position-resolvers.ts';
import { previewResolvers } from './preview-resolvers.ts';
import { recordResolvers } from './record-resolvers.ts';
import { twoTimesResolvers } from './two-times-resolvers.ts';
import type { Resolvers } from './types.generated.ts';
import { valuationResolvers } from './valuation-resolvers.ts';
import { verificationResolvers } from './verification-resolvers.ts';

export const resolvers: Resolvers = {
  ...positionResolvers,
  ...recordResolvers,
  ...eventResolvers,
  ...correctionResolvers,
  ...auditResolvers,
  ...deadLetterResolvers,
  ...failedRecordResolvers,
  ...contractResolvers,
  ...commandResolvers,
  ...lotEventResolvers,
  ...twoTimesResolvers,
  Query: {
    ...positionResolvers.Query,
    ...auditResolvers.Query,
    ...deadLetterResolvers.Query,
    ...failedRecordResolvers.Query,
    ...contractResolvers.Query,
    ...twoTimesResolvers.Query,
    ...previewResolvers.Query,
    ...verificationResolvers.Query,
  },
  Mutation: {
    ...recordResolvers.Mutation,
    ...deadLetterResolvers.Mutation,
    ...failedRecordResolvers.Mutation,
    ...contractResolvers.Mutation,
    ...commandResolvers.Mutation,
    ...correctionResolvers.Mutation,
  },
  PositionEvent: { ...eventResolvers.PositionEvent, ...lotEventResolvers.PositionEvent },
  Position: {
    ...positionResolvers.Position,
    ...contractResolvers.Position,
    ...valuationResolvers.Position,
  },
  Subscription: { ...eventResolvers.Subscription, ...correctionResolvers.Subscription },
};
