/** Turns what the domain knows into what the schema shows. */

import { startOfUtcDay } from '#kernel/business-date';
import type { Bar } from '../domain/bar.ts';
import type { FxRate } from '../domain/fx-rate.ts';
import type { ImportRun } from '../domain/import-run.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { NewestBar } from '../store/bars.ts';
import type { PriceSeries } from '../store/price-series.ts';
import type {
  Bar as BarView,
  FxRate as FxRateView,
  ImportRun as ImportRunView,
  Price as PriceView,
  PriceSeries as PriceSeriesView,
} from './types.generated.ts';

export function presentBar(bar: Bar): BarView {
  const { date, open, high, low, close, volume, source } = bar;
  return {
    date,
    // Sessions are not known here: a bar starts with its day.
    start: startOfUtcDay(date),
    open,
    high,
    low,
    close,
    volume,
    adjusted: bar.isAdjusted,
    source,
  };
}

/** The close of the newest bar, for an instrument without a live price. */
export function presentClose(instrument: Instrument, bar: NewestBar): PriceView {
  return {
    value: bar.close,
    currency: instrument.currency,
    bid: null,
    ask: null,
    eventTime: startOfUtcDay(bar.date),
    receivedAt: bar.recordedAtMs,
    source: bar.source,
    sequence: '0',
    quality: 'STALE',
  };
}

export function presentSeries(series: PriceSeries): PriceSeriesView {
  const { isAdjusted, isPreferred, isChosen, ...rest } = series;
  return { ...rest, adjusted: isAdjusted, preferred: isPreferred, chosen: isChosen };
}

export function presentFxRate(found: FxRate): FxRateView {
  return { ...found, carriedForward: found.isCarriedForward };
}

export function presentImportRun(run: ImportRun): ImportRunView {
  const { runId, startedAtMs, finishedAtMs } = run;
  return { ...run, id: String(runId), startedAt: startedAtMs, finishedAt: finishedAtMs };
}
