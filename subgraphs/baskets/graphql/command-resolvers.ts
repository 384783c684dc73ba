/** Commands on baskets. */

import { cancelBasket } from '../use-cases/cancel-basket.ts';
import { createBasket } from '../use-cases/create-basket.ts';
import { editBasket } from '../use-cases/edit-basket.ts';
import type { CommandOutcome } from '../use-cases/submit-command.ts';
import { commandRequestOf } from './command-request.ts';
import type { BasketCommandAcceptedParent, BasketCommandRefusedParent } from './parents.ts';
import type { ConstituentInput, Resolvers } from './types.generated.ts';

export const commandResolvers = {
  Mutation: {
    createBasket: async (_root, { input }, { deps, request }) => {
      const { baseLevel = null, constituents, ...wanted } = input;
      return presentOutcome(
        await createBasket(deps, commandRequestOf(request, input), {
          ...wanted,
          baseLevel,
          constituents: proposed(constituents),
        }),
      );
    },

    editBasket: async (_root, { input }, { deps, request }) => {
      const { code, version, name = null, weighting = null, constituents } = input;
      return presentOutcome(
        await editBasket(deps, commandRequestOf(request, input), {
          code,
          version,
          name,
          weighting,
          constituents: constituents ? proposed(constituents) : null,
        }),
      );
    },

    cancelBasket: async (_root, { input }, { deps, request }) =>
      presentOutcome(await cancelBasket(deps, commandRequestOf(request, input), input.code)),
  },

  BasketCommandResult: { __resolveType: (result) => result.__typename },

  BasketCommandAccepted: {
    basket: async ({ basketId }, _args, { loaders }) => {
      const basket = await loaders.basketById.load(basketId);
      if (!basket) throw new Error(`basket ${basketId} exists`);
      return basket;
    },
    transition: ({ basketId, transitionNumber }, _args, { deps }) =>
      deps.audit.one(basketId, transitionNumber),
  },

  BasketCommandRefused: {
    basket: ({ basketId }, _args, { loaders }) =>
      basketId === null ? null : loaders.basketById.load(basketId),
  },
} satisfies Resolvers;

function proposed(constituents: readonly ConstituentInput[]) {
  return constituents.map(({ symbol, weight = null }) => ({ symbol, weight }));
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
