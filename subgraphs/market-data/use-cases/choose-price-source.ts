import { type Refusal, refuse } from '#kernel/decision';
import type { BarInterval } from '../domain/bar.ts';
import { type Instrument, parseSymbol } from '../domain/instrument.ts';
import type { InstrumentRepository } from '../store/instruments.ts';
import type { PriceSeriesRepository } from '../store/price-series.ts';

export interface ChoosePriceSourceDeps {
  readonly instruments: InstrumentRepository;
  readonly priceSeries: PriceSeriesRepository;
}

export interface PriceSourceChoice {
  readonly symbol: string;
  readonly source: string;
  /** DAY_1 when left out. */
  readonly interval?: BarInterval | undefined;
}

export type ChoosePriceSourceResult =
  | { readonly ok: true; readonly instrument: Instrument }
  | Refusal<'UNKNOWN_SYMBOL' | 'UNKNOWN_SOURCE'>;

/** From now on readers see this source's bars, whatever later imports bring. */
export async function choosePriceSource(
  { instruments, priceSeries }: ChoosePriceSourceDeps,
  { symbol: wanted, source, interval = 'DAY_1' }: PriceSourceChoice,
): Promise<ChoosePriceSourceResult> {
  const symbol = parseSymbol(wanted);
  const found = symbol && (await instruments.bySymbols([symbol])).get(symbol);
  if (!found) return refuse('UNKNOWN_SYMBOL', `expected a known symbol, was "${wanted}"`);
  if (await priceSeries.choose(found.id, source, interval)) return { ok: true, instrument: found };
  const series = (await priceSeries.ofInstruments([found.id])).get(found.id) ?? [];
  const sources = series.filter((each) => each.interval === interval).map((each) => each.source);
  const known = sources.length === 0 ? 'there are none' : sources.join(', ');
  return refuse('UNKNOWN_SOURCE', `expected a source of ${symbol} (${known}), was "${source}"`);
}
