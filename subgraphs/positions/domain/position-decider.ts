/** What a command does to a position, and what a position is after an event. */

import type { BusinessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import { accept, type Decision, refuse, type Refusal } from '#kernel/decision';
import { amount, MAX_SCALED, quantity } from '#kernel/money';
import { methodOn } from './contract-terms.ts';
import { MAX_LOTS_PER_POSITION, type Position } from './position.ts';
import type { ApplyTrade } from './position-command.ts';
import type { OpenedLot, PositionEvent, TradeApplied } from './position-event.ts';
import { openedLot, pooled, type TaxLot } from './tax-lot.ts';
import type { Trade } from './trade.ts';
import { allocateTrade } from './trade-allocation.ts';
import { classifyTrade } from './trade-classification.ts';
import type { TradeRefusalReason } from './trade-refusal.ts';

/** Largest cost basis or realized gain of a position: 19 whole digits, in units of its currency. */
export const MAX_FIGURE = 10n ** 27n - 1n;

/** Reasons are checked in the order of TRADE_REFUSAL_REASONS. */
export function decide(
  position: Position,
  command: ApplyTrade,
): Decision<TradeApplied, TradeRefusalReason> {
  const { trade, today, terms, uti } = command;
  const { effectiveDate } = trade;
  const latestInLots = position.lastEffectiveDate;
  const classification = classifyTrade({ effectiveDate, latestInLots, today });
  if (classification === 'FORWARD_DATED') {
    return refuse(
      'FORWARD_DATED_NOT_SUPPORTED',
      `effectiveDate: expected at most the business date ${today}, was ${effectiveDate}; ` +
        'bookings for a later day come with a later release',
    );
  }
  if (classification === 'BACKDATED') {
    return refuse(
      'BACKDATED_NOT_SUPPORTED',
      `effectiveDate: expected at least ${latestInLots}, the latest in this position, ` +
        `was ${effectiveDate}; late trades come with a later release, as a provisional position ` +
        'and then its correction',
    );
  }
  const reliefMethod = methodOn(terms, effectiveDate).method;
  const event: TradeApplied = {
    type: 'TRADE_APPLIED',
    trade,
    classification,
    reliefMethod,
    ...allocateTrade(position, trade, reliefMethod),
    uti,
    hasWashSales: terms.hasWashSales,
  };
  return limitBroken(evolve(position, event)) ?? accept(event);
}

function limitBroken(after: Position): Refusal<TradeRefusalReason> | undefined {
  if (after.lots.length > MAX_LOTS_PER_POSITION) {
    return refuse(
      'TOO_MANY_LOTS',
      `open lots of the position: expected at most ${MAX_LOTS_PER_POSITION}, ` +
        `were ${after.lots.length}`,
    );
  }
  return (
    outOfRange('quantity', after.quantity, MAX_SCALED) ??
    outOfRange('costBasis', after.costBasis, MAX_FIGURE) ??
    outOfRange('realizedPnl', after.realizedPnl, MAX_FIGURE)
  );
}

function outOfRange(
  name: string,
  value: bigint,
  limit: bigint,
): Refusal<TradeRefusalReason> | undefined {
  if (value <= limit && value >= -limit) return undefined;
  return refuse(
    'FIGURES_OUT_OF_RANGE',
    `${name} after the trade: expected at most ${formatDecimal(limit)} either way, ` +
      `was ${formatDecimal(value)}`,
  );
}

/** Never refuses and never throws: an event is a fact. */
export function evolve(position: Position, event: PositionEvent): Position {
  if (event.type !== 'TRADE_APPLIED') return { ...position, version: position.version + 1 };
  const { allocations, opened, reliefMethod, trade } = event;
  const existing = reliefMethod === 'AVERAGE' ? pooled(position.lots) : position.lots;
  const remaining = allocations.length === 0 ? existing : withoutTaken(existing, event);
  const withOpened = opened === null ? remaining : [...remaining, lotOf(opened, trade, existing)];
  const lots = reliefMethod === 'AVERAGE' ? pooled(withOpened) : withOpened;

  const basisOut = allocations.reduce((sum, each) => sum + each.basisOut, 0n);
  const taken = allocations.reduce((sum, each) => sum + each.takenQuantity, 0n);
  const closed = trade.side === 'BUY' ? taken : -taken;
  return {
    ...position,
    version: position.version + 1,
    quantity: quantity(position.quantity + closed + (opened?.quantity ?? 0n)),
    costBasis: amount(position.costBasis - basisOut + (opened?.costBasis ?? 0n)),
    realizedPnl: amount(position.realizedPnl + event.realizedPnl),
    lots,
    reliefMethod,
    lastEffectiveDate: later(position.lastEffectiveDate, trade.effectiveDate),
  };
}

/** Lots that lost units keep their place; those that lost all are gone. */
function withoutTaken(lots: readonly TaxLot[], { allocations }: TradeApplied): readonly TaxLot[] {
  const takenByLot = new Map(allocations.map((each) => [each.lotId, each]));
  const remaining: TaxLot[] = [];
  for (const lot of lots) {
    const taken = takenByLot.get(lot.lotId);
    if (taken === undefined) {
      remaining.push(lot);
      continue;
    }
    const units = lot.quantity < 0n ? 0n - taken.takenQuantity : taken.takenQuantity;
    if (lot.quantity === units) continue;
    remaining.push({
      ...lot,
      quantity: quantity(lot.quantity - units),
      costBasis: amount(lot.costBasis - taken.basisOut),
    });
  }
  return remaining;
}

function lotOf(opened: OpenedLot, trade: Trade, lots: readonly TaxLot[]): TaxLot {
  return openedLot({
    ...opened,
    openDate: trade.effectiveDate,
    serial: lots.reduce((next, lot) => (lot.serial < next ? next : lot.serial + 1), 0),
  });
}

function later(a: BusinessDate | null, b: BusinessDate): BusinessDate {
  return a === null || b > a ? b : a;
}
