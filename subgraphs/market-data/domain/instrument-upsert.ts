/** Adding and changing instruments: all of a list, or none of it. */

import { type Figi, type Isin, parseFigi, parseIsin } from '#kernel/identifiers';
import { type CurrencyCode, currencyCode, parseCurrencyCode } from '#kernel/money';
import {
  type AssetClass,
  type Instrument,
  type InstrumentSymbol,
  type Mic,
  newInstrumentId,
  parseMic,
  parseSymbol,
} from './instrument.ts';

export const MAX_INSTRUMENTS_PER_UPSERT = 1_000;
export const MAX_NAME_LENGTH = 200;

/** As it came from outside; what is left out keeps its value. */
export interface InstrumentDescription {
  readonly symbol: string;
  readonly name?: string | null | undefined;
  readonly assetClass?: AssetClass | null | undefined;
  readonly currency?: string | null | undefined;
  readonly sector?: string | null | undefined;
  readonly mic?: string | null | undefined;
  readonly isin?: string | null | undefined;
  readonly figi?: string | null | undefined;
}

export interface InstrumentFault {
  /** Place in the list, from 0. */
  readonly index: number;
  readonly reason: string;
}

export type InstrumentUpsert =
  | { readonly ok: true; readonly instruments: readonly Instrument[] }
  | { readonly ok: false; readonly faults: readonly InstrumentFault[] };

const NEW_ASSET_CLASS: AssetClass = 'EQUITY';
const NEW_CURRENCY = currencyCode('USD');

/**
 * The instruments as they shall be, in the order given, or every fault found. `known` holds those
 * that exist already, by symbol.
 */
export function planUpsert(
  descriptions: readonly InstrumentDescription[],
  known: ReadonlyMap<InstrumentSymbol, Instrument>,
): InstrumentUpsert {
  const faults: InstrumentFault[] = [];
  const planned = new Map<InstrumentSymbol, Instrument>();
  descriptions.forEach((description, index) => {
    const symbol = parseSymbol(description.symbol);
    if (symbol === undefined) {
      faults.push({ index, reason: symbolFault(description.symbol) });
    } else if (planned.has(symbol)) {
      faults.push({ index, reason: `expected each symbol once, ${symbol} came before` });
    } else {
      const reasons: string[] = [];
      planned.set(symbol, describe(symbol, { description, known: known.get(symbol), reasons }));
      faults.push(...reasons.map((reason) => ({ index, reason })));
    }
  });
  if (faults.length > 0) return { ok: false, faults };
  return { ok: true, instruments: [...planned.values()] };
}

export function symbolFault(found: string): string {
  const shown = found.slice(0, 40);
  return `symbol: expected up to 32 letters, digits or . - = ^ /, was "${shown}"`;
}

function describe(
  symbol: InstrumentSymbol,
  from: {
    readonly description: InstrumentDescription;
    readonly known: Instrument | undefined;
    readonly reasons: string[];
  },
): Instrument {
  const { description, known, reasons } = from;
  const name = description.name?.trim() || (known?.name ?? symbol);
  if (name.length > MAX_NAME_LENGTH) {
    reasons.push(`name: expected at most ${MAX_NAME_LENGTH} characters, was ${name.length}`);
  }
  return {
    id: known?.id ?? newInstrumentId(symbol),
    symbol,
    name,
    assetClass: description.assetClass ?? known?.assetClass ?? NEW_ASSET_CLASS,
    currency: currencyIn(description, reasons) ?? known?.currency ?? NEW_CURRENCY,
    sector: description.sector?.trim() || (known?.sector ?? null),
    mic: micIn(description, reasons) ?? known?.mic ?? null,
    isin: isinIn(description, reasons) ?? known?.isin ?? null,
    figi: figiIn(description, reasons) ?? known?.figi ?? null,
  };
}

function currencyIn(from: InstrumentDescription, reasons: string[]): CurrencyCode | undefined {
  if (from.currency === null || from.currency === undefined) return undefined;
  const currency = parseCurrencyCode(from.currency);
  if (currency === undefined) {
    reasons.push(`currency: expected a code such as USD, was "${from.currency}"`);
  }
  return currency;
}

function micIn(from: InstrumentDescription, reasons: string[]): Mic | undefined {
  if (from.mic === null || from.mic === undefined) return undefined;
  const mic = parseMic(from.mic);
  if (mic === undefined) reasons.push(`mic: expected 4 letters or digits, was "${from.mic}"`);
  return mic;
}

function isinIn(from: InstrumentDescription, reasons: string[]): Isin | undefined {
  if (from.isin === null || from.isin === undefined) return undefined;
  const parsed = parseIsin(from.isin);
  if (parsed.ok) return parsed.value;
  reasons.push(parsed.message);
  return undefined;
}

function figiIn(from: InstrumentDescription, reasons: string[]): Figi | undefined {
  if (from.figi === null || from.figi === undefined) return undefined;
  const parsed = parseFigi(from.figi);
  if (parsed.ok) return parsed.value;
  reasons.push(parsed.message);
  return undefined;
}
