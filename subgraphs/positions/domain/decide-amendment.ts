/** What happens to trades after they were recorded: busts, amendments, elections of lots. */

import type { BusinessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import { accept, type Decision, refuse, type Refusal } from '#kernel/decision';
import type { AmendmentRefusalReason } from './amendment-refusal.ts';
import { type BookCalendar, businessDaysAfter } from './book-calendar.ts';
import type { BustRefusalReason } from './bust-refusal.ts';
import { allocated, count, type Draft, finish, startDraft } from './decision-draft.ts';
import type { ElectionRefusalReason } from './election-refusal.ts';
import { closeLedger, countTrade, openLedger } from './lot-ledger.ts';
import type { Position } from './position.ts';
import type { AmendTrade, BustTrade, ElectLots, RecordedTarget } from './position-command.ts';
import type { Lateness, LotEffects, PositionEvent } from './position-event.ts';
import { amendedLotId, bustedLotId, reversalOf } from './trade-allocation.ts';
import { canonicalText, type Trade } from './trade.ts';

/** Business days from a trade to its settlement: until then its lots may be chosen. */
export const SETTLEMENT_DAYS = 2;

/** Reasons are checked in the order of BUST_REFUSAL_REASONS. */
export function bustTrade(
  position: Position,
  { tradeId, target, reason, today }: BustTrade,
): Decision<PositionEvent, BustRefusalReason> {
  const fault = targetFault(tradeId, target);
  if (fault !== undefined || target === null) return fault ?? unknown(tradeId);
  const { trade, version } = target;
  const draft = startDraft(position, today);
  const late = isBooked(draft, target) ? null : lateAtTip(draft, today);
  const lotId = bustedLotId(tradeId, draft.position.version + 1);
  count(draft, {
    type: 'TRADE_BUSTED',
    target: { tradeId, version },
    reason,
    trade,
    late,
    estimate: late === null ? null : allocated(draft, reversalOf(trade), lotId).effects,
  });
  return finish(draft);
}

/** Reasons are checked in the order of AMENDMENT_REFUSAL_REASONS. */
export function amendTrade(
  position: Position,
  command: AmendTrade,
): Decision<PositionEvent, AmendmentRefusalReason> {
  const { amendmentId, tradeId, target, reason, today, calendar } = command;
  const fault = targetFault(tradeId, target);
  if (fault !== undefined || target === null) return fault ?? unknown(tradeId);
  const draft = startDraft(position, today);
  const isBooking = isBooked(draft, target);
  const newTrade = isBooking ? onBusinessDay(command.newTrade, calendar) : command.newTrade;
  if (canonicalText(newTrade) === canonicalText(target.trade)) {
    return refuse(
      'NOTHING_AMENDED',
      `expected other terms than those of ${tradeId}, were the same`,
    );
  }
  const dateFault = amendedDateFault(newTrade, { isBooking, today });
  if (dateFault !== undefined) return dateFault;

  const late = isBooking ? null : lateAtTip(draft, today);
  count(draft, {
    type: 'TRADE_AMENDED',
    amendmentId,
    target: { tradeId, version: target.version },
    reason,
    oldTrade: target.trade,
    newTrade,
    late,
    estimates: late === null ? [] : amendmentEstimates(draft, target.trade, newTrade),
  });
  return finish(draft);
}

/**
 * Whether the lots are there is known when the sale is replayed with them (`lotsFault`); what comes
 * between that and this decision, or later, breaks the election in a correction. Reasons are
 * checked in the order of ELECTION_REFUSAL_REASONS.
 */
export function electLots(
  position: Position,
  { tradeId, target, lots, lotsFault, today, calendar }: ElectLots,
): Decision<PositionEvent, ElectionRefusalReason> {
  const fault = targetFault(tradeId, target);
  if (fault !== undefined || target === null) return fault ?? unknown(tradeId);
  const { trade, version } = target;
  const draft = startDraft(position, today);
  if (isBooked(draft, target)) {
    return refuse('NOT_EFFECTIVE_YET', `${tradeId} counts from ${trade.effectiveDate} on`);
  }
  const electionFault =
    settlementFault(trade, today, calendar) ?? formFault(trade, lots) ?? lotsFault;
  if (electionFault !== null) return electionFault;
  count(draft, {
    type: 'LOT_RELIEF_ELECTED',
    target: { tradeId, version },
    lots,
    effectiveDate: trade.effectiveDate,
    late: lateAtTip(draft, today),
  });
  return accept(...draft.events);
}

/** The lots of a sale may be chosen no later than its settlement. */
export function settlementFault(
  { effectiveDate }: Trade,
  today: BusinessDate,
  calendar: BookCalendar,
): Refusal<'SETTLED_ALREADY'> | undefined {
  const settlement = businessDaysAfter(calendar, effectiveDate, SETTLEMENT_DAYS);
  if (today <= settlement) return undefined;
  return refuse('SETTLED_ALREADY', `today: expected at most ${settlement}, was ${today}`);
}

function targetFault(
  tradeId: string,
  target: RecordedTarget | null,
): Refusal<'UNKNOWN_TRADE' | 'ALREADY_BUSTED'> | undefined {
  if (target === null) return unknown(tradeId);
  return target.isBusted ? refuse('ALREADY_BUSTED', `${tradeId} was busted before`) : undefined;
}

function unknown(tradeId: string): Refusal<'UNKNOWN_TRADE'> {
  return refuse('UNKNOWN_TRADE', `tradeId: expected one that is recorded, was ${tradeId}`);
}

function isBooked({ position }: Draft, target: RecordedTarget): boolean {
  return position.pendingForward.some(({ version }) => version === target.version);
}

/** Whatever its date: what it concerns is in the lots already. */
function lateAtTip({ position }: Draft, today: Lateness['bookedOn']): Lateness {
  return { tipDate: position.lastEffectiveDate ?? today, bookedOn: today };
}

function onBusinessDay(trade: Trade, calendar: AmendTrade['calendar']): Trade {
  return { ...trade, effectiveDate: calendar.onOrAfter(trade.effectiveDate) };
}

function amendedDateFault(
  { effectiveDate }: Trade,
  { isBooking, today }: { readonly isBooking: boolean; readonly today: Lateness['bookedOn'] },
): Refusal<AmendmentRefusalReason> | undefined {
  if (isBooking === effectiveDate > today) return undefined;
  return isBooking
    ? refuse(
        'EFFECTIVE_DATE_NOT_IN_FUTURE',
        `effectiveDate of a booking: expected after ${today}, was ${effectiveDate}`,
      )
    : refuse(
        'EFFECTIVE_DATE_IN_FUTURE',
        `effectiveDate of a trade that counts: expected at most ${today}, was ${effectiveDate}`,
      );
}

/** The reversal of the old terms, then the new terms on what it leaves. */
function amendmentEstimates(draft: Draft, oldTrade: Trade, newTrade: Trade): LotEffects[] {
  const version = draft.position.version + 1;
  const reversed = reversalOf(oldTrade);
  const reversal = allocated(draft, reversed, bustedLotId(oldTrade.tradeId, version)).effects;
  const ledger = openLedger(draft.position);
  countTrade(ledger, reversed, reversal);
  const without: Draft = { position: { ...draft.position, ...closeLedger(ledger) }, events: [] };
  return [reversal, allocated(without, newTrade, amendedLotId(newTrade.tradeId, version)).effects];
}

function formFault(
  trade: Trade,
  lots: ElectLots['lots'],
): Refusal<'LOTS_NOT_ELECTED' | 'INVALID_LOT_ELECTION'> | undefined {
  if (lots.length === 0) return refuse('LOTS_NOT_ELECTED', 'lots: expected at least one');
  if (new Set(lots.map(({ lotId }) => lotId)).size < lots.length) {
    return refuse('INVALID_LOT_ELECTION', 'lots: expected each lot once');
  }
  const chosen = lots.reduce((sum, each) => sum + each.quantity, 0n);
  if (lots.some((each) => each.quantity <= 0n) || chosen > trade.quantity) {
    return refuse(
      'INVALID_LOT_ELECTION',
      `lots: expected units above zero, at most ${formatDecimal(trade.quantity)} in all, ` +
        `were ${formatDecimal(chosen)}`,
    );
  }
  return undefined;
}
