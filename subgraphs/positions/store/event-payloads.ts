/** What each type of event has in its payload: all of it that has no column of its own. */

import type { Json } from '#kernel/topics/event-type';
import {
  type ActedLot,
  type CashInLieu,
  type CorporateAction,
  type DeliveredLots,
  type LotFigures,
} from '../domain/corporate-action.ts';
import type {
  CorporateActionApplied,
  ForwardTradeBooked,
  ForwardTradeEffective,
  HistoricalPositionCorrected,
  PositionEvent,
  ProvisionalTradeApplied,
  ReceivedLot,
  TradeAmended,
  TradeApplied,
} from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { LotReset } from '../domain/price-reset.ts';
import type { Trade } from '../domain/trade.ts';
import {
  asText,
  integer,
  type JsonCodec,
  list,
  nullable,
  oneOf,
  record,
  text,
  truth,
  usually,
  variants,
} from './json-codec.ts';
import {
  amounts,
  dates,
  effects,
  electedLots,
  figures,
  lateness,
  lateOrNot,
  lots,
  lotState,
  methods,
  openedLot,
  prices,
  quantities,
  refusalReasons,
  restatement,
  target,
  tradeEffects,
  tradeExtras,
  tradeOf,
  washAdjustment,
} from './value-codecs.ts';

type EventType = PositionEvent['type'];
type EventOf<Type extends EventType> = Extract<PositionEvent, { readonly type: Type }>;

type TradeExtras = Pick<Trade, keyof typeof tradeExtras>;
/** The columns of a trade and of its gain, and the trail of the gain. */
type InColumns = 'type' | 'trade' | 'classification' | 'uti' | 'allocations' | 'realizedPnl';

const effectFields = {
  effect: tradeEffects,
  reliefMethod: methods,
  opened: nullable(openedLot),
  hasWashSales: usually(false, truth),
} as const;

export const tradeApplied = record<TradeExtras & Omit<TradeApplied, InColumns>>({
  ...tradeExtras,
  ...effectFields,
});

export const provisionalTrade = record<TradeExtras & Omit<ProvisionalTradeApplied, InColumns>>({
  ...tradeExtras,
  ...effectFields,
  late: lateness,
});

export const forwardBooked = record<TradeExtras & Omit<ForwardTradeBooked, InColumns>>({
  ...tradeExtras,
  askedDate: dates,
  reliefMethod: methods,
  hasWashSales: effectFields.hasWashSales,
});

export const forwardEffective = record<TradeExtras & Omit<ForwardTradeEffective, InColumns>>({
  ...tradeExtras,
  ...effectFields,
  bookingVersion: integer,
});

export const tradeBusted = record<TradeExtras & Omit<EventOf<'TRADE_BUSTED'>, 'type' | 'trade'>>({
  ...tradeExtras,
  target,
  reason: text,
  late: lateOrNot,
  estimate: nullable(effects),
});

export function tradeAmended(key: PositionKey): JsonCodec<Omit<TradeAmended, 'type'>> {
  const trade = tradeOf(key);
  return record<Omit<TradeAmended, 'type'>>({
    amendmentId: text,
    target,
    reason: text,
    oldTrade: trade,
    newTrade: trade,
    late: lateOrNot,
    estimates: list(effects),
  });
}

const cashInLieu = nullable(record<CashInLieu>({ lotSize: quantities, price: prices }));
const wholeNumber = asText(String, BigInt);
const actionTerms = { actionId: text, effectiveDate: dates } as const;
const ratio = { ...actionTerms, numerator: wholeNumber, denominator: wholeNumber } as const;

const corporateAction = variants<CorporateAction>({
  SPLIT: record({ ...ratio, cashInLieu }),
  STOCK_DIVIDEND: record({ ...ratio, cashInLieu }),
  SPIN_OFF: record({
    ...ratio,
    cashInLieu,
    childInstrumentId: text,
    parentPrice: prices,
    childPrice: prices,
  }),
  MERGER: record({
    ...ratio,
    cashInLieu,
    acquirerInstrumentId: text,
    acquirerPrice: prices,
    cashPerUnit: prices,
  }),
  CASH_MERGER: record({ ...actionTerms, cashPerUnit: prices }),
  RETURN_OF_CAPITAL: record({ ...actionTerms, cashPerUnit: prices }),
  SYMBOL_CHANGE: record({ ...actionTerms, newInstrumentId: text }),
});

const lotFigures = record<LotFigures>({
  quantity: quantities,
  costBasis: amounts,
  settledResets: amounts,
  washReplaced: quantities,
});

const corporateActionApplied = record<Omit<CorporateActionApplied, 'type'>>({
  action: corporateAction,
  reliefMethod: methods,
  perLot: list(
    record<ActedLot>({
      lotId: text,
      before: lotFigures,
      after: nullable(lotFigures),
      cash: amounts,
      gain: amounts,
    }),
  ),
  cash: amounts,
  realizedPnl: amounts,
  delivered: nullable(record<DeliveredLots>({ instrumentId: text, lots })),
  late: lateOrNot,
});

const receivedLot = record<ReceivedLot>({
  lotId: text,
  openDate: dates,
  acquiredOn: dates,
  quantity: quantities,
  costBasis: amounts,
  settledResets: amounts,
  sourceTradeId: text,
  parentLotId: nullable(text),
});

const corrected = record<Omit<HistoricalPositionCorrected, 'type'>>({
  effectiveDate: dates,
  basedOnVersion: integer,
  settles: list(integer),
  causedBy: list(text),
  beforeTrade: figures,
  beforeCorrection: figures,
  after: figures,
  replayedCount: integer,
  restatements: list(restatement),
  state: lotState,
});

/** Of the types that lie in their payload whole. */
export const wholeEvents = {
  PRICE_RESET: record<Omit<EventOf<'PRICE_RESET'>, 'type'>>({
    resetId: text,
    resetPrice: prices,
    effectiveDate: dates,
    perLot: list(record<LotReset>({ lotId: text, settlement: amounts })),
    settlement: amounts,
    late: lateOrNot,
  }),
  CORPORATE_ACTION_APPLIED: corporateActionApplied,
  WASH_SALE_ADJUSTED: record<Omit<EventOf<'WASH_SALE_ADJUSTED'>, 'type'>>({
    tradeId: text,
    causedByVersion: integer,
    adjustments: list(washAdjustment),
    disallowed: amounts,
    effectiveDate: dates,
  }),
  LOT_METHOD_CHANGED: record<Omit<EventOf<'LOT_METHOD_CHANGED'>, 'type'>>({
    contractId: nullable(text),
    method: methods,
    effectiveDate: dates,
    late: lateOrNot,
  }),
  LOT_RELIEF_ELECTED: record<Omit<EventOf<'LOT_RELIEF_ELECTED'>, 'type'>>({
    target,
    lots: electedLots,
    effectiveDate: dates,
    late: lateness,
  }),
  LOTS_RECEIVED: record<Omit<EventOf<'LOTS_RECEIVED'>, 'type' | 'closed' | 'realizedPnl'>>({
    transferId: text,
    cause: oneOf(['CORPORATE_ACTION', 'TRANSFER']),
    fromPositionKey: text,
    effectiveDate: dates,
    reliefMethod: methods,
    lots: list(receivedLot),
    replaces: usually(null, nullable(integer)),
    late: lateOrNot,
  }),
  HISTORICAL_POSITION_CORRECTED: corrected,
  CONTRACT_GENERATED: record<Omit<EventOf<'CONTRACT_GENERATED'>, 'type'>>({
    tradeId: text,
    uti: text,
    effectiveDate: dates,
  }),
  CORRECTION_REFUSED: record<Omit<EventOf<'CORRECTION_REFUSED'>, 'type'>>({
    effectiveDate: dates,
    basedOnVersion: integer,
    reason: refusalReasons,
    versions: list(integer),
    message: text,
  }),
} as const;

/** In the order of names, so that one content has one text. */
export function payloadOf(event: PositionEvent, key: PositionKey): Json | undefined {
  switch (event.type) {
    case 'TRADE_APPLIED': {
      // Written out: spreading two objects for every trade takes as long as all the rest here.
      const { clOrdId, electedLots: elected, overrideReason } = event.trade;
      const { effect, reliefMethod, opened, hasWashSales } = event;
      return tradeApplied.write({
        clOrdId,
        electedLots: elected,
        overrideReason,
        effect,
        reliefMethod,
        opened,
        hasWashSales,
      });
    }
    case 'PROVISIONAL_TRADE_APPLIED':
      return provisionalTrade.write({ ...event.trade, ...event });
    case 'FORWARD_TRADE_BOOKED':
      return forwardBooked.write({ ...event.trade, ...event });
    case 'FORWARD_TRADE_EFFECTIVE':
      return forwardEffective.write({ ...event.trade, ...event });
    case 'TRADE_BUSTED':
      return tradeBusted.write({ ...event.trade, ...event });
    case 'TRADE_AMENDED':
      return tradeAmended(key).write(event);
    case 'PRICE_RESET':
      return wholeEvents.PRICE_RESET.write(event);
    case 'CORPORATE_ACTION_APPLIED':
      return wholeEvents.CORPORATE_ACTION_APPLIED.write(event);
    case 'WASH_SALE_ADJUSTED':
      return wholeEvents.WASH_SALE_ADJUSTED.write(event);
    case 'LOT_METHOD_CHANGED':
      return wholeEvents.LOT_METHOD_CHANGED.write(event);
    case 'LOT_RELIEF_ELECTED':
      return wholeEvents.LOT_RELIEF_ELECTED.write(event);
    case 'LOTS_RECEIVED':
      return wholeEvents.LOTS_RECEIVED.write(event);
    case 'HISTORICAL_POSITION_CORRECTED':
      return wholeEvents.HISTORICAL_POSITION_CORRECTED.write(event);
    case 'CONTRACT_GENERATED':
      return wholeEvents.CONTRACT_GENERATED.write(event);
    case 'CORRECTION_REFUSED':
      return wholeEvents.CORRECTION_REFUSED.write(event);
  }
}
