/** From the domain and the store to what resolvers hand on. */

import { type BusinessDate, utcDateOf } from '#kernel/business-date';
import { amount, type CurrencyCode, type Money, quantity } from '#kernel/money';
import { LOT_RELIEF_METHODS } from '../domain/lot-relief.ts';
import type { Figures, Position } from '../domain/position.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { PositionSummary } from '../store/snapshot-codec.ts';
import type { KeyAsked } from '../use-cases/find-position.ts';
import { type Change, keyOfChange } from '../use-cases/watch-changes.ts';
import type { PositionParent } from './parents.ts';
import type { PositionKeyInput } from './types.generated.ts';

export interface AsOf {
  readonly effectiveAt: BusinessDate;
  /** Null: that of the last event, which is loaded when somebody asks. */
  readonly knownAtMs: number | null;
  readonly isCurrent: boolean;
}

export function moneyOf(value: bigint, currency: CurrencyCode): Money {
  return { amount: amount(value), currency };
}

export function keyAskedOf(input: PositionKeyInput): KeyAsked {
  return { ...input, currency: input.currency ?? null, contractId: input.contractId ?? null };
}

export function presentFigures(figures: Figures, currency: CurrencyCode) {
  return {
    quantity: figures.quantity,
    costBasis: moneyOf(figures.costBasis, currency),
    realizedPnl: moneyOf(figures.realizedPnl, currency),
    lotCount: figures.lotCount,
  };
}

/** A position of now. Asked for as known at its last event, it is found in the same version. */
export function presentSummary(
  { key, figures, lastRecordedAtMs }: PositionSummary,
  today: BusinessDate,
): PositionParent {
  const asOf = { effectiveAt: today, knownAtMs: lastRecordedAtMs, isCurrent: true };
  return { key, ...figures, lots: null, ...asOf };
}

/** As it was decided: right after its last event. */
export function presentDecided(
  key: PositionKey,
  position: Position,
  today: BusinessDate,
): PositionParent {
  return presentPosition(key, position, { effectiveAt: today, knownAtMs: null, isCurrent: true });
}

export function presentPosition(key: PositionKey, position: Position, asOf: AsOf): PositionParent {
  return { key, ...position, ...asOf };
}

/** The position right after the change. */
export function presentChanged(change: Change): PositionParent {
  const { event: applied, recordedAtMs } = change;
  return {
    key: keyOfChange(change),
    version: applied.eventVersion,
    quantity: quantity(applied.positionQuantity),
    costBasis: amount(applied.positionCostBasis),
    realizedPnl: amount(applied.positionRealizedPnl),
    reliefMethod: LOT_RELIEF_METHODS.find((each) => each === applied.reliefMethod) ?? 'FIFO',
    reconciliationStatus: applied.reconciliationStatus,
    statusReason: null,
    pendingForward: null,
    lots: null,
    effectiveAt: utcDateOf(recordedAtMs),
    knownAtMs: recordedAtMs,
    isCurrent: true,
  };
}
