/** What the bench's subgraphs answer from: a book, a basket, orders and a portfolio in memory. */

import { DECIMAL_UNIT } from '#kernel/decimal';

const INSTRUMENTS = 40;
/** Each list that an answer holds. */
const LIST_LENGTH = 20;
const EVENT_TIME_MS = 1_795_186_200_000;
const SECTORS = ['Energy', 'Financials', 'Health Care', 'Industrials', 'Utilities'] as const;

const units = (whole: number): bigint => BigInt(whole) * DECIMAL_UNIT;
/** With cents, so that texts are as long as those of real prices. */
const cents = (whole: number): bigint => (BigInt(whole) * DECIMAL_UNIT) / 100n;
const usd = (amount: bigint) => ({ amount, currency: 'USD' });
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const instrumentId = (number: number): string => `ins_S${String(number).padStart(3, '0')}`;

export interface Instrument {
  readonly id: string;
  readonly symbol: string;
  readonly name: string;
  readonly currency: string;
  readonly sector: string;
  readonly latestPrice: {
    readonly value: bigint;
    readonly currency: string;
    readonly eventTime: number;
    readonly quality: string;
  };
}

export const instrumentsById: ReadonlyMap<string, Instrument> = new Map(
  numbers(0, INSTRUMENTS).map((number) => {
    const id = instrumentId(number);
    const instrument = {
      id,
      symbol: id.slice('ins_'.length),
      name: `Sample company ${number}`,
      currency: 'USD',
      sector: SECTORS[number % SECTORS.length] ?? SECTORS[0],
      latestPrice: {
        value: cents(10_007 + number * 31),
        currency: 'USD',
        eventTime: EVENT_TIME_MS + number,
        quality: 'GOOD',
      },
    };
    return [id, instrument];
  }),
);

export const positions = numbers(0, LIST_LENGTH).map((number) => ({
  id: `pos_${number}`,
  bookId: 'BOOK-1',
  instrumentId: instrumentId(number),
  quantity: units(100 + number),
  costBasis: usd(cents(950_011 + number * 977)),
  averageCost: cents(9_500 + number),
  realizedPnl: usd(cents(-1_250 + number * 131)),
  effectiveAt: '2026-11-20',
}));

/** Overlaps half of the positions. */
export const basket = {
  id: 'bkt_1',
  code: 'SAMPLE20',
  name: 'Sample basket of twenty',
  currency: 'USD',
  level: { value: cents(100_123), asOf: EVENT_TIME_MS },
  constituents: numbers(LIST_LENGTH / 2, LIST_LENGTH).map((number) => ({
    instrumentId: instrumentId(number),
    weight: DECIMAL_UNIT / BigInt(LIST_LENGTH),
    units: units(7 + number),
  })),
};

export const orders = numbers(0, LIST_LENGTH).map((number) => ({
  id: `ord_${number}`,
  clOrdId: `client-${number}`,
  instrumentId: instrumentId(number * 2),
  side: number % 2 === 0 ? 'BUY' : 'SELL',
  orderQty: units(50 + number),
  cumQty: units(20 + number),
  avgPx: cents(10_010 + number),
  placedAt: EVENT_TIME_MS - number * 1_000,
}));

export const portfolio = {
  currency: 'USD',
  value: usd(cents(21_000_417)),
  holdings: numbers(0, LIST_LENGTH).map((number) => ({
    instrumentId: instrumentId(number),
    quantity: units(100 + number),
    marketValue: usd(cents(1_050_021 + number)),
    weight: DECIMAL_UNIT / BigInt(LIST_LENGTH),
  })),
  exposuresBySector: SECTORS.map((key, index) => ({
    key,
    net: usd(cents(4_200_083 + index)),
    weight: DECIMAL_UNIT / BigInt(SECTORS.length),
  })),
};

export function connectionOf<Node extends { readonly id: string }>(nodes: readonly Node[]) {
  return {
    edges: nodes.map((node) => ({ node, cursor: node.id })),
    pageInfo: {
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: nodes[0]?.id ?? null,
      endCursor: nodes.at(-1)?.id ?? null,
    },
  };
}
