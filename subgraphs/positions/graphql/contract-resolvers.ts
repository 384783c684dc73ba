/** Contracts: defined, found, and what they say today. */

import { connectionOf, pageRequest } from '#platform/connection';
import { termsOf } from '../domain/contract.ts';
import { methodOn } from '../domain/contract-terms.ts';
import { defineContract } from '../use-cases/define-contract.ts';
import { findContract, listContracts } from '../use-cases/find-contracts.ts';
import type { Resolvers } from './types.generated.ts';

const CONTRACT_PAGE = { list: 'contracts', defaultFirst: 50, keyParts: 1 };

export const contractResolvers = {
  Query: {
    contract: async (_root, { contractId }, { deps }) =>
      (await findContract(deps, contractId)) ?? null,

    contracts: async (_root, args, { deps }) => {
      const page = pageRequest(args, CONTRACT_PAGE);
      return connectionOf(await listContracts(deps, page), page, {
        keyOf: ({ contractId }) => [contractId],
        nodeOf: (contract) => contract,
      });
    },
  },

  Mutation: {
    defineContract: (_root, { input }, { deps, request }) =>
      defineContract(
        deps,
        {
          contractId: input.contractId,
          reliefMethod: input.reliefMethod,
          effectiveFrom: input.effectiveFrom ?? null,
          isLongOnly: input.longOnly ?? false,
          hasWashSales: input.washSales ?? false,
          booksClosedBefore: input.booksClosedBefore ?? null,
        },
        {
          user: request.identity?.user ?? 'anonymous',
          correlationId: request.correlationId,
        },
      ),
  },

  Position: {
    contract: ({ key }, _args, { loaders }) =>
      key.contractId === null ? null : loaders.contract.load(key.contractId),
  },

  DefineContractResult: {
    __resolveType: ({ type }) => (type === 'DEFINED' ? 'ContractDefined' : 'DefineContractRefused'),
  },

  ContractDefined: { changed: ({ isChanged }) => isChanged },

  Contract: {
    id: ({ contractId }) => contractId,
    version: ({ definitions }) => (definitions.at(-1) ?? definitions[0]).version,
    reliefMethod: (contract, _args, { deps }) =>
      methodOn(termsOf(contract), deps.clock.today()).method,
    reliefMethods: (contract) => [...termsOf(contract).reliefMethods],
    longOnly: (contract) => termsOf(contract).isLongOnly,
    washSales: (contract) => termsOf(contract).hasWashSales,
    booksClosedBefore: (contract) => termsOf(contract).booksClosedBefore,
    definitions: ({ definitions }) => [...definitions],
  },

  ContractDefinition: {
    longOnly: ({ isLongOnly }) => isLongOnly,
    washSales: ({ hasWashSales }) => hasWashSales,
    definedAt: ({ definedAtMs }) => definedAtMs,
    definedBy: ({ user }) => user,
  },
} satisfies Resolvers;
