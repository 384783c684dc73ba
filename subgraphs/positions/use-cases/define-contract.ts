/** Defines a contract, or other terms for one. */

import type { Clock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import {
  type DefineContract,
  defineContract as decide,
  type DefineContractRefuseReason,
} from '../domain/contract.ts';
import type { ContractLookup } from '../store/contract-lookup.ts';
import type { ContractStore, DefinitionOrigin, RecordedContract } from '../store/contracts.ts';

/** Somebody else who defines the same contract at the same moment makes it fail once. */
const MAX_ATTEMPTS = 3;

export interface DefineContractDeps {
  readonly contractStore: ContractStore;
  readonly contracts: ContractLookup;
  readonly clock: Pick<Clock, 'today'>;
}

export type DefinedContract =
  | {
      readonly type: 'DEFINED';
      readonly contract: RecordedContract;
      /** False when the contract said all of that already. */
      readonly isChanged: boolean;
    }
  | {
      readonly type: 'REFUSED';
      readonly contractId: string;
      readonly reason: DefineContractRefuseReason;
      readonly message: string;
    };

/**
 * The same definition again changes nothing. Trades that come after the answer, to whichever
 * process that has heard of it, follow the new terms.
 */
export async function defineContract(
  { contractStore, contracts, clock }: DefineContractDeps,
  command: DefineContract,
  origin: DefinitionOrigin,
): Promise<DefinedContract> {
  const contractId = command.contractId.toUpperCase();
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const known = (await contractStore.byIds([contractId])).get(contractId);
    const decision = decide(known, command, clock.today());
    if (!decision.ok) {
      const { reason, message = reason } = decision;
      return { type: 'REFUSED', contractId, reason, message };
    }
    const [definition] = decision.events;
    if (definition === undefined) {
      if (known !== undefined) return { type: 'DEFINED', contract: known, isChanged: false };
    } else if (await contractStore.append(contractId, definition, origin)) {
      contracts.forget();
      const contract = (await contractStore.byIds([contractId])).get(contractId);
      if (contract !== undefined) return { type: 'DEFINED', contract, isChanged: true };
    }
  }
  throw new PlatformError('VERSION_CONFLICT', `${contractId} was defined by others meanwhile`);
}
