/** What only events of one type say. */

import { ZERO } from '#kernel/decimal';
import { type CurrencyCode, quantity } from '#kernel/money';
import type { CorporateActionApplied, PositionEvent } from '../domain/position-event.ts';
import type { Trade } from '../domain/trade.ts';
import type { PositionEventParent } from './parents.ts';
import { moneyOf, presentFigures } from './present.ts';
import type { Resolvers } from './types.generated.ts';

export const lotEventResolvers = {
  PositionEvent: { details: (parent) => detailsOf(parent) },

  PositionEventDetails: { __resolveType: ({ event }) => DETAILS_BY_TYPE[event.type] },

  BookingDetails: { askedDate: ({ event }) => event.askedDate },

  BookedTradeDetails: { bookingVersion: ({ event }) => event.bookingVersion },

  AmendmentDetails: {
    amendmentId: ({ event }) => event.amendmentId,
    targetVersion: ({ event }) => event.target.version,
    reason: ({ event }) => event.reason,
    oldTerms: ({ event, key }) => termsOf(event.oldTrade, key.currency),
    newTerms: ({ event, key }) => termsOf(event.newTrade, key.currency),
  },

  BustDetails: {
    targetVersion: ({ event }) => event.target.version,
    reason: ({ event }) => event.reason,
  },

  PriceResetDetails: {
    resetId: ({ event }) => event.resetId,
    resetPrice: ({ event, key }) => moneyOf(event.resetPrice, key.currency),
    settlement: ({ event, key }) => moneyOf(event.settlement, key.currency),
    lots: ({ event, key }) =>
      event.perLot.map(({ lotId, settlement }) => ({
        lot: lotId,
        settlement: moneyOf(settlement, key.currency),
      })),
  },

  CorporateActionDetails: {
    actionId: ({ event }) => event.action.actionId,
    action: ({ event }) => event.action.type,
    numerator: ({ event: { action } }) =>
      'numerator' in action ? action.numerator.toString() : null,
    denominator: ({ event: { action } }) =>
      'denominator' in action ? action.denominator.toString() : null,
    cash: ({ event, key }) => moneyOf(event.cash, key.currency),
    lots: ({ event, key: { currency } }) =>
      event.perLot.map(({ lotId, before, after, cash, gain }) => ({
        lot: lotId,
        quantityBefore: before.quantity,
        costBasisBefore: moneyOf(before.costBasis, currency),
        quantityAfter: after?.quantity ?? ZERO,
        costBasisAfter: moneyOf(after?.costBasis ?? ZERO, currency),
        cash: moneyOf(cash, currency),
        gain: moneyOf(gain, currency),
      })),
    deliveredInstrumentId: ({ event }) => event.delivered?.instrumentId ?? null,
    deliveredQuantity: ({ event }) =>
      quantity(deliveredLots(event).reduce((sum, lot) => sum + lot.quantity, 0n)),
    deliveredBasis: ({ event, key }) =>
      moneyOf(
        deliveredLots(event).reduce((sum, lot) => sum + lot.costBasis, 0n),
        key.currency,
      ),
  },

  WashSaleDetails: {
    causedByVersion: ({ event }) => event.causedByVersion,
    disallowed: ({ event, key }) => moneyOf(event.disallowed, key.currency),
    adjustments: ({ event, key }) =>
      event.adjustments.map((each) => ({
        saleTradeId: each.saleTradeId,
        saleDate: each.saleDate,
        lossLot: each.lossLotId,
        replacementLot: each.replacementLotId,
        adjustedLot: each.adjustedLotId,
        quantity: each.quantity,
        disallowed: moneyOf(each.disallowed, key.currency),
        acquiredOn: each.acquiredOn,
      })),
  },

  ElectionDetails: {
    targetVersion: ({ event }) => event.target.version,
    lots: ({ event }) => event.lots.map((each) => ({ lot: each.lotId, quantity: each.quantity })),
  },

  ReceivedLotsDetails: {
    transferId: ({ event }) => event.transferId,
    cause: ({ event }) => event.cause,
    fromPositionId: ({ event }) => event.fromPositionKey,
    replacesVersion: ({ event }) => event.replaces,
    lots: ({ event, key }) =>
      event.lots.map((lot) => ({
        lot: lot.lotId,
        openDate: lot.openDate,
        acquiredOn: lot.acquiredOn,
        quantity: lot.quantity,
        costBasis: moneyOf(lot.costBasis, key.currency),
        sourceTradeId: lot.sourceTradeId,
      })),
  },

  CorrectionDetails: {
    basedOnVersion: ({ event }) => event.basedOnVersion,
    settles: ({ event }) => [...event.settles],
    causedBy: ({ event }) => [...event.causedBy],
    beforeTrade: ({ event, key }) => presentFigures(event.beforeTrade, key.currency),
    before: ({ event, key }) => presentFigures(event.beforeCorrection, key.currency),
    after: ({ event, key }) => presentFigures(event.after, key.currency),
    restatedGains: ({ event, key }) =>
      event.restatements.map((each) => ({
        tradeId: each.tradeId,
        eventVersion: each.version,
        before: moneyOf(each.before, key.currency),
        after: moneyOf(each.after, key.currency),
      })),
    replayedCount: ({ event }) => event.replayedCount,
  },

  CorrectionRefusalDetails: {
    basedOnVersion: ({ event }) => event.basedOnVersion,
    reason: ({ event }) => event.reason,
    versions: ({ event }) => [...event.versions],
    message: ({ event }) => event.message,
  },
} satisfies Resolvers;

const DETAILS_BY_TYPE = {
  FORWARD_TRADE_BOOKED: 'BookingDetails',
  FORWARD_TRADE_EFFECTIVE: 'BookedTradeDetails',
  TRADE_AMENDED: 'AmendmentDetails',
  TRADE_BUSTED: 'BustDetails',
  PRICE_RESET: 'PriceResetDetails',
  CORPORATE_ACTION_APPLIED: 'CorporateActionDetails',
  WASH_SALE_ADJUSTED: 'WashSaleDetails',
  LOT_RELIEF_ELECTED: 'ElectionDetails',
  LOTS_RECEIVED: 'ReceivedLotsDetails',
  HISTORICAL_POSITION_CORRECTED: 'CorrectionDetails',
  CORRECTION_REFUSED: 'CorrectionRefusalDetails',
} as const satisfies Partial<Readonly<Record<PositionEvent['type'], string>>>;

function detailsOf({ key, event }: PositionEventParent) {
  switch (event.type) {
    // Trades and methods are told whole by the event itself.
    case 'TRADE_APPLIED':
    case 'PROVISIONAL_TRADE_APPLIED':
    case 'LOT_METHOD_CHANGED':
    case 'CONTRACT_GENERATED':
      return null;
    case 'FORWARD_TRADE_BOOKED':
      return { key, event };
    case 'FORWARD_TRADE_EFFECTIVE':
      return { key, event };
    case 'TRADE_AMENDED':
      return { key, event };
    case 'TRADE_BUSTED':
      return { key, event };
    case 'PRICE_RESET':
      return { key, event };
    case 'CORPORATE_ACTION_APPLIED':
      return { key, event };
    case 'WASH_SALE_ADJUSTED':
      return { key, event };
    case 'LOT_RELIEF_ELECTED':
      return { key, event };
    case 'LOTS_RECEIVED':
      return { key, event };
    case 'HISTORICAL_POSITION_CORRECTED':
      return { key, event };
    case 'CORRECTION_REFUSED':
      return { key, event };
  }
}

function termsOf(trade: Trade, currency: CurrencyCode) {
  return {
    side: trade.side,
    quantity: trade.quantity,
    price: moneyOf(trade.price, currency),
    fees: moneyOf(trade.fees, currency),
    effectiveDate: trade.effectiveDate,
    executedAt: trade.executedAtMs,
  };
}

function deliveredLots({ delivered }: CorporateActionApplied) {
  return delivered?.lots ?? [];
}
