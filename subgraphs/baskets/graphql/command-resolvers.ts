/** Commands on baskets. */

import { ZERO } from '#kernel/decimal';
import { quantity, weight as weightOf } from '#kernel/money';
import { BACKTEST_DEFAULTS } from '#quant/backtest-input';
import type { BacktestParams } from '../domain/backtest-params.ts';
import type { ProposedConstituent, ProposedRule } from '../domain/weighing.ts';
import { approveBasket } from '../use-cases/approve-basket.ts';
import { askBasket, type PlainCommand } from '../use-cases/ask-basket.ts';
import { createBasket } from '../use-cases/create-basket.ts';
import { editBasket } from '../use-cases/edit-basket.ts';
import { rebalanceBasket } from '../use-cases/rebalance-basket.ts';
import { requestDelisting } from '../use-cases/request-delisting.ts';
import { resumeBasket } from '../use-cases/resume-basket.ts';
import { retryListing } from '../use-cases/retry-listing.ts';
import { revokeApproval } from '../use-cases/revoke-approval.ts';
import type { CommandOutcome, CommandRequest } from '../use-cases/submit-command.ts';
import { submitForApproval } from '../use-cases/submit-for-approval.ts';
import { triggerBacktest } from '../use-cases/trigger-backtest.ts';
import { commandRequestOf } from './command-request.ts';
import type { Context, Deps } from './context.ts';
import type { BasketCommandAcceptedParent, BasketCommandRefusedParent } from './parents.ts';
import type {
  BasketCommandInput,
  ConstituentInput,
  Resolvers,
  TriggerBacktestInput,
  WeightingRuleInput,
} from './types.generated.ts';

/** Resolves a command that needs the basket only, by whatever use case. */
function onCode(
  ask: (deps: Deps, request: CommandRequest, code: string) => Promise<CommandOutcome>,
) {
  return async (
    _root: unknown,
    { input }: { readonly input: BasketCommandInput },
    { deps, request }: Context,
  ) => presentOutcome(await ask(deps, commandRequestOf(request, input), input.code));
}

const plain = (command: PlainCommand) =>
  onCode((deps, request, code) => askBasket(deps, request, { code, command }));

export const commandResolvers = {
  Mutation: {
    createBasket: async (_root, { input }, { deps, request }) =>
      presentOutcome(
        await createBasket(deps, commandRequestOf(request, input), {
          code: input.code,
          name: input.name,
          currency: input.currency,
          weighting: input.weighting,
          rule: ruleOf(input.weightingRule),
          baseLevel: input.baseLevel ?? null,
          constituents: proposed(input.constituents),
          ...termsOf(input),
        }),
      ),

    editBasket: async (_root, { input }, { deps, request }) =>
      presentOutcome(
        await editBasket(deps, commandRequestOf(request, input), {
          code: input.code,
          name: input.name ?? null,
          weighting: input.weighting ?? null,
          rule: ruleOf(input.weightingRule),
          constituents: input.constituents ? proposed(input.constituents) : null,
          ...termsOf(input),
        }),
      ),

    triggerBacktest: async (_root, { input }, { deps, request }) => {
      const wanted = { code: input.code, params: paramsOf(input) };
      return presentOutcome(await triggerBacktest(deps, commandRequestOf(request, input), wanted));
    },
    cancelBacktest: plain({ type: 'CancelBacktest' }),

    submitBasketForApproval: onCode(submitForApproval),
    withdrawBasketSubmission: plain({ type: 'WithdrawSubmission' }),
    approveBasket: onCode(approveBasket),
    rejectBasket: plain({ type: 'RejectBasket' }),
    requestBasketChanges: plain({ type: 'RequestChanges' }),
    revokeApproval: onCode(revokeApproval),

    retryListing: onCode(retryListing),
    returnToDraft: plain({ type: 'ReturnToDraft' }),

    rebalanceBasket: async (_root, { input }, { deps, request }) =>
      presentOutcome(
        await rebalanceBasket(deps, commandRequestOf(request, input), {
          code: input.code,
          weighting: input.weighting ?? null,
          rule: ruleOf(input.weightingRule),
          constituents: input.constituents ? proposed(input.constituents) : null,
          effectiveDate: input.effectiveDate ?? null,
        }),
      ),
    suspendBasket: plain({ type: 'Suspend' }),
    resumeBasket: onCode(resumeBasket),

    requestDelisting: async (_root, { input, lastDate = null }, { deps, request }) => {
      const wanted = { code: input.code, lastDate };
      return presentOutcome(await requestDelisting(deps, commandRequestOf(request, input), wanted));
    },
    cancelDelisting: plain({ type: 'CancelDelisting' }),
    forceDelisting: plain({ type: 'CompleteDelisting', isForced: true }),
    cancelBasket: plain({ type: 'CancelBasket' }),
  },

  BasketCommandResult: { __resolveType: (result) => result.__typename },

  BasketCommandAccepted: {
    basket: async ({ basketId }, _args, { loaders }) => {
      const basket = await loaders.basketById.load(basketId);
      if (!basket) throw new Error(`basket ${basketId} exists`);
      return basket;
    },
    transition: ({ basketId, transitionNumber }, _args, { deps }) =>
      transitionNumber === null ? null : deps.audit.one(basketId, transitionNumber),
  },

  BasketCommandRefused: {
    basket: ({ basketId }, _args, { loaders }) =>
      basketId === null ? null : loaders.basketById.load(basketId),
  },
} satisfies Resolvers;

function proposed(constituents: readonly ConstituentInput[]) {
  return constituents.map((each): ProposedConstituent => {
    const { symbol, weight = null, sharesOutstanding = null, freeFloatFactor = null } = each;
    return {
      symbol,
      weight,
      sharesOutstanding: sharesOutstanding === null ? null : quantity(sharesOutstanding),
      freeFloat: freeFloatFactor === null ? null : weightOf(freeFloatFactor),
      fundamental: each.fundamental ?? null,
      factorScore: each.factorScore ?? null,
    };
  });
}

function ruleOf(rule: WeightingRuleInput | null | undefined): ProposedRule | null {
  if (!rule) return null;
  const { maxWeight = null, volatilityWindow = null, asOf = null } = rule;
  return { maxWeight: maxWeight === null ? null : weightOf(maxWeight), volatilityWindow, asOf };
}

type Terms = Pick<Parameters<typeof createBasket>[2], 'notional' | 'launchAtMs' | 'delegates'>;

function termsOf(input: {
  readonly notional?: Terms['notional'] | undefined;
  readonly launchAt?: Terms['launchAtMs'] | undefined;
  readonly delegates?: Terms['delegates'] | undefined;
}): Terms {
  const { notional = null, launchAt = null, delegates = null } = input;
  return { notional, launchAtMs: launchAt, delegates };
}

function paramsOf(input: TriggerBacktestInput): BacktestParams {
  const { from, to, benchmarkSymbol = null } = input;
  return {
    from,
    to,
    rebalance: input.rebalance ?? 'MONTHLY',
    execution: input.execution ?? BACKTEST_DEFAULTS.execution,
    missingPrices: input.missingPrices ?? BACKTEST_DEFAULTS.missingPrices,
    costBps: input.costBps ?? ZERO,
    benchmarkSymbol,
    maxCarriedSessions: input.maxCarriedSessions ?? BACKTEST_DEFAULTS.maxCarriedSessions,
    leastStartWeight: input.leastStartWeight ?? ZERO,
  };
}

function presentOutcome(
  outcome: CommandOutcome,
): BasketCommandAcceptedParent | BasketCommandRefusedParent {
  const { basketId } = outcome;
  if (outcome.ok) {
    const { transitionNumber } = outcome;
    return { __typename: 'BasketCommandAccepted', basketId: outcome.basketId, transitionNumber };
  }
  const { reason, message } = outcome;
  return { __typename: 'BasketCommandRefused', basketId, reason, message };
}
