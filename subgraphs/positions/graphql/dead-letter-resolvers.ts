/** Refused trades, and what operations do with them. */

import { connectionOf, pageRequest } from '#platform/connection';
import { beforeDeadline } from '#platform/deadline';
import { invariant } from '#platform/errors';
import type { CountedTrade } from '../store/dead-letter-codec.ts';
import type { DeadLetterAnswer } from '../use-cases/attempt-dead-letter.ts';
import { correctDeadLetter } from '../use-cases/correct-dead-letter.ts';
import { discardDeadLetter } from '../use-cases/discard-dead-letter.ts';
import { retryDeadLetter } from '../use-cases/retry-dead-letter.ts';
import type { Context } from './context.ts';
import type { DeadLetterRetriedParent } from './parents.ts';
import { presentSummary } from './present.ts';
import type { CorrectDeadLetterInput, Resolvers } from './types.generated.ts';

const DEAD_LETTER_PAGE = { list: 'deadLetters', defaultFirst: 50, keyParts: 2 };

/** What came of a trade that was sent for a dead letter. */
const counted = {
  deadLetter: ({ letter }: DeadLetterRetriedParent) => letter,
  tradeId: (parent: DeadLetterRetriedParent) => countedOf(parent).tradeId,
  eventVersion: (parent: DeadLetterRetriedParent) => countedOf(parent).eventVersion,
  position: async (
    parent: DeadLetterRetriedParent,
    _args: object,
    { deps: { clock }, loaders }: Context,
  ) => {
    const { positionKey } = countedOf(parent);
    const summary = await loaders.positionByKey.load(positionKey);
    invariant(summary, `${positionKey} has a trade`);
    return presentSummary(summary, clock.today());
  },
};

export const deadLetterResolvers = {
  Query: {
    deadLetters: async (_root, { filter, ...args }, { deps }) => {
      const page = pageRequest(args, DEAD_LETTER_PAGE);
      const { from, to, ...conditions } = filter ?? {};
      const rows = await deps.letters.list({ ...conditions, fromMs: from, toMs: to }, page);
      return connectionOf(rows, page, {
        keyOf: ({ place }) => place,
        nodeOf: ({ letter }) => letter,
      });
    },

    deadLetter: async (_root, { id }, { deps }) => (await deps.letters.byId(id)) ?? null,
  },

  Mutation: {
    retryDeadLetter: (_root, { input }, context) =>
      inTime(context, retryDeadLetter(context.deps, commandOf(input, context))),

    correctDeadLetter: (_root, { input }, context) =>
      inTime(
        context,
        correctDeadLetter(context.deps, {
          ...commandOf(input, context),
          newTradeId: input.newTradeId,
          reason: input.reason,
          changes: changesOf(input),
        }),
      ),

    discardDeadLetter: (_root, { input }, context) =>
      inTime(
        context,
        discardDeadLetter(context.deps, { ...commandOf(input, context), reason: input.reason }),
      ),
  },

  RetryDeadLetterResult: {
    __resolveType: ({ ok }) => (ok ? 'DeadLetterRetried' : 'DeadLetterCommandRefused'),
  },
  CorrectDeadLetterResult: {
    __resolveType: ({ ok }) => (ok ? 'DeadLetterCorrected' : 'DeadLetterCommandRefused'),
  },
  DiscardDeadLetterResult: {
    __resolveType: ({ ok }) => (ok ? 'DeadLetterDiscarded' : 'DeadLetterCommandRefused'),
  },

  DeadLetterRetried: counted,
  DeadLetterCorrected: counted,
  DeadLetterDiscarded: { deadLetter: ({ letter }) => letter },
  DeadLetterCommandRefused: { deadLetter: ({ letter }) => letter },

  DeadLetter: {
    payload: ({ payloadText }) => payloadText,
    firstRefusedAt: ({ firstRefusedAtMs }) => firstRefusedAtMs,
    lastRefusedAt: ({ lastRefusedAtMs }) => lastRefusedAtMs,
    nextRetryAt: ({ nextRetryAtMs }) => nextRetryAtMs,
    resolvedAt: ({ resolvedAtMs }) => resolvedAtMs,
    attempts: ({ id }, _args, { loaders }) => loaders.deadLetterAttempts.load(id),
  },

  SentTrade: {
    executedAt: ({ executedAtMs }) => executedAtMs,
  },

  DeadLetterAttempt: {
    startedAt: ({ startedAtMs }) => startedAtMs,
    endedAt: ({ end }) => end?.endedAtMs ?? null,
    outcome: ({ end }) => end?.type ?? null,
    refusal: ({ end }) => (end?.type === 'REFUSED' ? end.reason : null),
    message: ({ end }) => (end?.type === 'REFUSED' ? end.message : null),
  },
} satisfies Resolvers;

function countedOf({ letter, counted: trade }: DeadLetterRetriedParent): CountedTrade {
  invariant(trade, `dead letter ${letter.id} has its trade`);
  return trade;
}

function commandOf(
  { id, commandId }: { readonly id: string; readonly commandId: string },
  { request: { identity, correlationId } }: Context,
) {
  invariant(identity, 'a command needs a scope, and so an identity');
  return { deadLetterId: id, commandId, user: identity.user, correlationId };
}

/** What was left out stays left out: null asks for none. */
function changesOf(input: CorrectDeadLetterInput) {
  const {
    id: _id,
    commandId: _commandId,
    newTradeId: _newTradeId,
    reason: _reason,
    ...rest
  } = input;
  const { executedAt, ...changes } = rest;
  return { ...changes, executedAtMs: executedAt };
}

function inTime(
  { deps, request }: Context,
  answer: Promise<DeadLetterAnswer>,
): Promise<DeadLetterAnswer> {
  return beforeDeadline(answer, {
    stage: 'dealing with a dead letter',
    deadlineAtMs: request.deadlineAtMs,
    clock: deps.clock,
  });
}
