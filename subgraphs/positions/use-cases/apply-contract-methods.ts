/** Brings another relief method of a contract into every position under it. */

import type { BusinessDate } from '#kernel/business-date';
import type { Clock } from '#platform/clock';
import { type Contract, type ContractDefinition, termsOf } from '../domain/contract.ts';
import type { LotReliefMethod } from '../domain/lot-relief.ts';
import type { ContractMethods, DueMethod, MethodInForce } from '../store/contract-methods.ts';
import type { ContractStore } from '../store/contracts.ts';

/** Definitions taken up in one round. */
export const MAX_METHODS_PER_ROUND = 20;
/** Positions changed at once: as many as the writers put into a batch. */
export const POSITIONS_PER_PAGE = 64;

export interface MethodChange {
  readonly positionKey: string;
  readonly contractId: string;
  readonly version: number;
  readonly method: LotReliefMethod;
  readonly effectiveDate: BusinessDate;
  /** Who defined it, and in which request. */
  readonly user: string;
  readonly correlationId: string;
}

export interface ApplyContractMethodsDeps {
  readonly contractStore: ContractStore;
  readonly methods: ContractMethods;
  readonly clock: Pick<Clock, 'today'>;
  /** Appends LOT_METHOD_CHANGED to each, once per definition. */
  readonly changeMethods: (changes: readonly MethodChange[]) => Promise<void>;
}

/**
 * Definitions whose method has begun, one after the other. A position that had a trade since has
 * the method already, for a trade brings it along: those are left out.
 */
export async function applyContractMethods(deps: ApplyContractMethodsDeps): Promise<number> {
  const due = await deps.methods.due(deps.clock.today(), MAX_METHODS_PER_ROUND);
  for (const each of due) await applyMethod(deps, each);
  return due.length;
}

async function applyMethod(deps: ApplyContractMethodsDeps, due: DueMethod): Promise<void> {
  const { contractStore, methods } = deps;
  const contract = (await contractStore.byIds([due.contractId])).get(due.contractId);
  const definition = contract?.definitions.find(({ version }) => version === due.version);
  if (contract === undefined || definition === undefined) return;
  if (isInForce(contract, definition)) {
    await changeAll(deps, { contractId: due.contractId, definition });
  }
  await methods.markApplied(due);
}

/** Not when a later definition replaced it before it began, or it says what held anyway. */
function isInForce(contract: Contract, { effectiveFrom, reliefMethod }: ContractDefinition) {
  return termsOf(contract).reliefMethods.some(
    ({ from, method }) => from === effectiveFrom && method === reliefMethod,
  );
}

async function changeAll(
  { methods, changeMethods }: ApplyContractMethodsDeps,
  inForce: MethodInForce,
): Promise<void> {
  const { contractId, definition } = inForce;
  const { version, reliefMethod, effectiveFrom, user, correlationId } = definition;
  for (let after = ''; ;) {
    const page = { after, limit: POSITIONS_PER_PAGE };
    const keys = await methods.positionsToChange(inForce, page);
    const last = keys.at(-1);
    if (last === undefined) return;
    await changeMethods(
      keys.map((positionKey) => ({
        positionKey,
        contractId,
        version,
        method: reliefMethod,
        effectiveDate: effectiveFrom,
        user,
        correlationId,
      })),
    );
    if (keys.length < POSITIONS_PER_PAGE) return;
    after = last;
  }
}
