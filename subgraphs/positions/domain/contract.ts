/** Contracts: a list of definitions that only grows, and the terms that they amount to. */

import { addDays, type BusinessDate } from '#kernel/business-date';
import { accept, type Decision, refuse } from '#kernel/decision';
import type { ContractTerms, MethodPeriod } from './contract-terms.ts';
import type { LotReliefMethod } from './lot-relief.ts';
import { ownerFault } from './position-key.ts';
import { MAX_DAYS_AHEAD, MIN_EFFECTIVE_DATE } from './trade-validation.ts';

/** Terms that change more often are no terms. */
export const MAX_DEFINITIONS_PER_CONTRACT = 1_000;

/** One definition: all that it says holds until the next one says something else. */
export interface ContractDefinition {
  /** 1, 2, 3, … without gaps per contract. */
  readonly version: number;
  readonly reliefMethod: LotReliefMethod;
  /** The method holds from this day on; methods that were to begin later are dropped. */
  readonly effectiveFrom: BusinessDate;
  readonly isLongOnly: boolean;
  readonly hasWashSales: boolean;
  readonly booksClosedBefore: BusinessDate | null;
}

export interface Contract {
  /** In upper case. */
  readonly contractId: string;
  /** In order of version, never empty. */
  readonly definitions: readonly [ContractDefinition, ...ContractDefinition[]];
}

export interface DefineContract {
  readonly contractId: string;
  readonly reliefMethod: LotReliefMethod;
  /** Null: today for a new or another method, and as before for the same method. */
  readonly effectiveFrom: BusinessDate | null;
  readonly isLongOnly: boolean;
  readonly hasWashSales: boolean;
  readonly booksClosedBefore: BusinessDate | null;
}

/** In order of precedence: the first that holds is the answer. */
export const DEFINE_CONTRACT_REFUSE_REASONS = [
  'INVALID_CONTRACT_ID',
  'EFFECTIVE_DATE_TOO_FAR',
  'BOOKS_CLOSED_AHEAD',
  'METHOD_IN_CLOSED_PERIOD',
  'TOO_MANY_DEFINITIONS',
] as const;
export type DefineContractRefuseReason = (typeof DEFINE_CONTRACT_REFUSE_REASONS)[number];

/** No event when the contract says all of that already. Reasons are checked in their order. */
export function defineContract(
  known: Contract | undefined,
  command: DefineContract,
  today: BusinessDate,
): Decision<ContractDefinition, DefineContractRefuseReason> {
  const fault = ownerFault({ bookId: 'B', accountId: 'A', contractId: command.contractId });
  if (fault !== undefined) return refuse('INVALID_CONTRACT_ID', fault);
  const last = known?.definitions.at(-1);
  const definition = definitionAfter(last, command, today);
  if (last !== undefined && saysTheSame(last, definition)) return accept();

  const { effectiveFrom, booksClosedBefore } = definition;
  const latest = addDays(today, MAX_DAYS_AHEAD);
  if (effectiveFrom > latest || effectiveFrom < MIN_EFFECTIVE_DATE) {
    const expected = `from ${MIN_EFFECTIVE_DATE} to ${latest}`;
    return refuse(
      'EFFECTIVE_DATE_TOO_FAR',
      `effectiveFrom: expected ${expected}, was ${effectiveFrom}`,
    );
  }
  if (booksClosedBefore !== null && booksClosedBefore > today) {
    const expected = `at most the business date ${today}`;
    return refuse(
      'BOOKS_CLOSED_AHEAD',
      `booksClosedBefore: expected ${expected}, was ${booksClosedBefore}`,
    );
  }
  const closed = last?.booksClosedBefore ?? null;
  const isOtherMethod = last === undefined || !hasSameMethod(last, definition);
  if (closed !== null && isOtherMethod && effectiveFrom < closed) {
    return refuse(
      'METHOD_IN_CLOSED_PERIOD',
      `effectiveFrom: expected ${closed} or later, for the books before are closed, ` +
        `was ${effectiveFrom}`,
    );
  }
  if (definition.version > MAX_DEFINITIONS_PER_CONTRACT) {
    return refuse(
      'TOO_MANY_DEFINITIONS',
      `expected at most ${MAX_DEFINITIONS_PER_CONTRACT} definitions of a contract`,
    );
  }
  return accept(definition);
}

function definitionAfter(
  last: ContractDefinition | undefined,
  { reliefMethod, isLongOnly, hasWashSales, booksClosedBefore, ...command }: DefineContract,
  today: BusinessDate,
): ContractDefinition {
  const asBefore = last?.reliefMethod === reliefMethod ? last.effectiveFrom : today;
  return {
    version: (last?.version ?? 0) + 1,
    reliefMethod,
    effectiveFrom: command.effectiveFrom ?? asBefore,
    isLongOnly,
    hasWashSales,
    booksClosedBefore,
  };
}

function saysTheSame(a: ContractDefinition, b: ContractDefinition): boolean {
  return (
    hasSameMethod(a, b) &&
    a.isLongOnly === b.isLongOnly &&
    a.hasWashSales === b.hasWashSales &&
    a.booksClosedBefore === b.booksClosedBefore
  );
}

function hasSameMethod(a: ContractDefinition, b: ContractDefinition): boolean {
  return a.reliefMethod === b.reliefMethod && a.effectiveFrom === b.effectiveFrom;
}

/**
 * The newest word on each day counts: a definition replaces what earlier ones said of its day and
 * of all days after it. All else is as the last definition says.
 */
export function termsOf({ definitions }: Contract): ContractTerms {
  const [first, ...later] = definitions;
  const last = later.at(-1) ?? first;
  const { isLongOnly, hasWashSales, booksClosedBefore } = last;
  return {
    reliefMethods: later.reduce(withMethodOf, [periodOf(first)]),
    isLongOnly,
    hasWashSales,
    booksClosedBefore,
  };
}

function withMethodOf(
  periods: ContractTerms['reliefMethods'],
  definition: ContractDefinition,
): ContractTerms['reliefMethods'] {
  const period = periodOf(definition);
  const [first] = periods;
  const [oldest, ...earlier] = periods.filter(({ from }) => from < period.from);
  // Before everything that is left, what came first still holds.
  if (oldest === undefined) {
    return first.method === period.method
      ? [period]
      : [{ ...first, from: MIN_EFFECTIVE_DATE }, period];
  }
  const isSame = (earlier.at(-1) ?? oldest).method === period.method;
  return isSame ? [oldest, ...earlier] : [oldest, ...earlier, period];
}

function periodOf({ effectiveFrom, reliefMethod }: ContractDefinition): MethodPeriod {
  return { from: effectiveFrom, method: reliefMethod };
}
