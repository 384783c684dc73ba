/** Which position an event is about, as it travels in payloads. */

import { type Decimal, decimal, formatDecimal } from '../decimal.ts';
import type { Json } from './event-type.ts';
import { integer, parsed, type Payload, payload, text, textOrNull } from './reading.ts';

export interface PositionFields {
  readonly positionKey: string;
  readonly bookId: string;
  readonly accountId: string;
  readonly contractId: string | null;
  readonly instrumentId: string;
  readonly symbol: string;
  /** Of the position: of price, fees, basis and gains. */
  readonly currency: string;
}

export function positionFieldsOf(from: Payload): PositionFields {
  return {
    positionKey: text(from, 'positionKey'),
    bookId: text(from, 'bookId'),
    accountId: text(from, 'accountId'),
    contractId: textOrNull(from, 'contractId'),
    instrumentId: text(from, 'instrumentId'),
    symbol: text(from, 'symbol'),
    currency: text(from, 'currency'),
  };
}

/** The figures of a position at one moment; below zero when short. */
export interface FiguresOfPosition {
  readonly quantity: Decimal;
  readonly costBasis: Decimal;
  readonly realizedPnl: Decimal;
  readonly lotCount: number;
}

export function encodeFigures(figures: FiguresOfPosition): Json {
  return {
    quantity: formatDecimal(figures.quantity),
    costBasis: formatDecimal(figures.costBasis),
    realizedPnl: formatDecimal(figures.realizedPnl),
    lotCount: figures.lotCount,
  };
}

export function figuresOf(value: unknown): FiguresOfPosition {
  const from = payload(value);
  return {
    quantity: parsed(from, 'quantity', decimal),
    costBasis: parsed(from, 'costBasis', decimal),
    realizedPnl: parsed(from, 'realizedPnl', decimal),
    lotCount: integer(from, 'lotCount'),
  };
}
