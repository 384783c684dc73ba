/** Instruments: what has a price, and the words that name it. */

import type { Figi, Isin } from '#kernel/identifiers';
import type { CurrencyCode } from '#kernel/money';

/** Ours, opaque to everybody else. */
export type InstrumentId = string & { readonly brand: 'InstrumentId' };
/** Trading symbol, upper case. */
export type InstrumentSymbol = string & { readonly brand: 'InstrumentSymbol' };
/** Market identifier code, ISO 10383. */
export type Mic = string & { readonly brand: 'Mic' };

export const ASSET_CLASSES = [
  'EQUITY',
  'FUND',
  'INDEX',
  'FX',
  'CRYPTO',
  'BOND',
  'COMMODITY',
  'CASH',
] as const;
export type AssetClass = (typeof ASSET_CLASSES)[number];

export interface Instrument {
  readonly id: InstrumentId;
  readonly symbol: InstrumentSymbol;
  /** The symbol when no other name is known. */
  readonly name: string;
  readonly assetClass: AssetClass;
  /** Of its prices. */
  readonly currency: CurrencyCode;
  /** GICS sector; null when unknown. */
  readonly sector: string | null;
  readonly mic: Mic | null;
  readonly isin: Isin | null;
  readonly figi: Figi | null;
}

const SYMBOL = /^[A-Z0-9^][A-Z0-9.\-=^/]{0,31}$/;
const MIC = /^[A-Z0-9]{4}$/;

/**
 * Upper or lower case; undefined unless it is letters, digits and . - = ^ / up to 32 of them.
 * Blanks around it are not taken off: who sends them to one room would be refused by the next.
 */
export function parseSymbol(text: string): InstrumentSymbol | undefined {
  const symbol = text.toUpperCase();
  return SYMBOL.test(symbol) ? (symbol as InstrumentSymbol) : undefined;
}

export function parseMic(text: string): Mic | undefined {
  return MIC.test(text) ? (text as Mic) : undefined;
}

/** The id an instrument gets when it is first seen; it stays when the symbol changes. */
export function newInstrumentId(symbol: InstrumentSymbol): InstrumentId {
  return `ins_${symbol}` as InstrumentId;
}

/** What is assumed about a symbol that only a price file has named. */
export function unknownInstrument(
  symbol: InstrumentSymbol,
  assumed: { readonly assetClass: AssetClass; readonly currency: CurrencyCode },
): Instrument {
  return {
    id: newInstrumentId(symbol),
    symbol,
    name: symbol,
    ...assumed,
    sector: null,
    mic: null,
    isin: null,
    figi: null,
  };
}
