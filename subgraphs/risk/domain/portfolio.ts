/** Values holdings in one currency and adds them up by what they have in common. */

import { type Decimal, ZERO, divide } from '#kernel/decimal';
import {
  type Amount,
  type CurrencyCode,
  type Price,
  type Quantity,
  type Rate,
  amount,
  convertMoney,
  notional,
  quantity,
} from '#kernel/money';
import { countryOfMarket } from './market-country.ts';
import { type ReconciliationStatus, worstOf } from './reconciliation-status.ts';

export interface Holding {
  readonly symbol: string;
  readonly quantity: Quantity;
  /** Of the positions behind it; RECONCILED when it is none. */
  readonly reconciliationStatus: ReconciliationStatus;
}

export interface InstrumentFacts {
  readonly instrumentId: string;
  readonly symbol: string;
  readonly currency: CurrencyCode;
  readonly sector: string | null;
  readonly mic: string | null;
}

export interface LastPrice {
  readonly price: Price;
  readonly quality: string;
  readonly eventTimeMs: number;
}

export type UnvaluedReason = 'UNKNOWN_SYMBOL' | 'NO_PRICE' | 'NO_FX_RATE';

export interface ValuedHolding extends Holding {
  readonly instrument: InstrumentFacts;
  readonly lastPrice: LastPrice;
  /** In the portfolio's currency. */
  readonly marketValue: Amount;
}

export interface UnvaluedHolding extends Holding {
  readonly reason: UnvaluedReason;
}

export interface Exposure {
  readonly key: string | null;
  readonly net: Amount;
  readonly gross: Amount;
  /** The worst of its holdings. */
  readonly reconciliationStatus: ReconciliationStatus;
}

export interface ValuedPortfolio {
  readonly currency: CurrencyCode;
  readonly value: Amount;
  readonly grossExposure: Amount;
  /** Largest absolute market value first, then by symbol. */
  readonly holdings: readonly ValuedHolding[];
  readonly unvalued: readonly UnvaluedHolding[];
  readonly exposuresBySector: readonly Exposure[];
  readonly exposuresByCurrency: readonly Exposure[];
  readonly exposuresByCountry: readonly Exposure[];
  /** Oldest event time among the prices used. */
  readonly asOfMs: number | null;
}

export interface ValuationInputs {
  readonly instrumentsBySymbol: ReadonlyMap<string, InstrumentFacts>;
  readonly pricesBySymbol: ReadonlyMap<string, LastPrice>;
  /** Units of the portfolio's currency for one unit of the key. */
  readonly ratesByCurrency: ReadonlyMap<CurrencyCode, Rate>;
  readonly currency: CurrencyCode;
}

/**
 * Market values are price x quantity rounded half-even to 1e-8, then converted at the rate and
 * rounded likewise. What cannot be valued is listed with the reason and left out of every sum.
 */
export function valuePortfolio(
  holdings: readonly Holding[],
  inputs: ValuationInputs,
): ValuedPortfolio {
  const valued: ValuedHolding[] = [];
  const unvalued: UnvaluedHolding[] = [];
  for (const holding of mergeBySymbol(holdings)) {
    const result = valueHolding(holding, inputs);
    if ('reason' in result) unvalued.push(result);
    else valued.push(result);
  }
  valued.sort(byAbsoluteValue);
  const times = valued.map(({ lastPrice }) => lastPrice.eventTimeMs);
  return {
    currency: inputs.currency,
    value: sumOf(valued.map(({ marketValue }) => marketValue)),
    grossExposure: sumOf(valued.map(({ marketValue }) => absolute(marketValue))),
    holdings: valued,
    unvalued,
    exposuresBySector: exposuresBy(valued, ({ instrument }) => instrument.sector),
    exposuresByCurrency: exposuresBy(valued, ({ instrument }) => instrument.currency),
    exposuresByCountry: exposuresBy(valued, ({ instrument }) => countryOfMarket(instrument.mic)),
    asOfMs: times.length === 0 ? null : Math.min(...times),
  };
}

/** Part over whole, half-even to 1e-8; null when the whole is zero. */
export function weightOf(part: Amount, whole: Amount): Decimal | null {
  return whole === ZERO ? null : divide(part, whole);
}

function mergeBySymbol(holdings: readonly Holding[]): readonly Holding[] {
  const merged = new Map<string, Holding>();
  for (const holding of holdings) {
    const before = merged.get(holding.symbol);
    merged.set(holding.symbol, before === undefined ? holding : sumOfTwo(before, holding));
  }
  return [...merged.values()];
}

function sumOfTwo(a: Holding, b: Holding): Holding {
  return {
    symbol: a.symbol,
    quantity: quantity(a.quantity + b.quantity),
    reconciliationStatus: worstOf([a.reconciliationStatus, b.reconciliationStatus]),
  };
}

function valueHolding(holding: Holding, inputs: ValuationInputs): ValuedHolding | UnvaluedHolding {
  const instrument = inputs.instrumentsBySymbol.get(holding.symbol);
  if (!instrument) return { ...holding, reason: 'UNKNOWN_SYMBOL' };
  const lastPrice = inputs.pricesBySymbol.get(holding.symbol);
  if (!lastPrice) return { ...holding, reason: 'NO_PRICE' };
  const rate = inputs.ratesByCurrency.get(instrument.currency);
  if (rate === undefined) return { ...holding, reason: 'NO_FX_RATE' };
  const local = {
    amount: notional(lastPrice.price, holding.quantity),
    currency: instrument.currency,
  };
  const { amount: marketValue } = convertMoney(local, inputs.currency, rate);
  return { ...holding, instrument, lastPrice, marketValue };
}

function exposuresBy(
  holdings: readonly ValuedHolding[],
  keyOf: (holding: ValuedHolding) => string | null,
): readonly Exposure[] {
  const groups = new Map<string | null, ValuedHolding[]>();
  for (const holding of holdings) {
    const key = keyOf(holding);
    groups.set(key, [...(groups.get(key) ?? []), holding]);
  }
  return [...groups]
    .map(([key, members]) => exposureOf(key, members))
    .sort((a, b) => compare(b.gross, a.gross));
}

function exposureOf(key: string | null, members: readonly ValuedHolding[]): Exposure {
  const values = members.map(({ marketValue }) => marketValue);
  return {
    key,
    net: sumOf(values),
    gross: sumOf(values.map(absolute)),
    reconciliationStatus: worstOf(members.map((each) => each.reconciliationStatus)),
  };
}

function byAbsoluteValue(a: ValuedHolding, b: ValuedHolding): number {
  const order = compare(absolute(b.marketValue), absolute(a.marketValue));
  return order !== 0 ? order : a.symbol.localeCompare(b.symbol);
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const absolute = (value: Amount): Amount => amount(value < 0n ? -value : value);

const sumOf = (values: readonly Amount[]): Amount =>
  amount(values.reduce<bigint>((sum, value) => sum + value, 0n));
