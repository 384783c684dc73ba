import { type CurrencyCode, currencyCode } from '#kernel/money';
import type { BarInterval } from '../domain/bar.ts';
import { type ImportRun, sourceOfFile } from '../domain/import-run.ts';
import { type AssetClass, type InstrumentSymbol, unknownInstrument } from '../domain/instrument.ts';
import { type PriceForm, readPriceHeader } from '../domain/price-file.ts';
import { readPriceRow, type SymbolBar } from '../domain/price-row.ts';
import { createSeenDays } from '../domain/seen-days.ts';
import type { BarRepository } from '../store/bars.ts';
import type { InstrumentRepository } from '../store/instruments.ts';
import type { PriceSeriesRepository, SeriesIdentity } from '../store/price-series.ts';
import { type OnImportProgress, runImport, type RunImportDeps } from './run-import.ts';
import { createTableReader } from './table-reader.ts';

export interface ImportPricesDeps extends RunImportDeps {
  readonly instruments: InstrumentRepository;
  readonly bars: BarRepository;
  readonly priceSeries: PriceSeriesRepository;
}

export interface ImportPricesOrder {
  readonly file: string;
  /** The file's name without endings and years when left out. */
  readonly source?: string | undefined;
  /** For a file that holds one series and does not name it. */
  readonly symbol?: InstrumentSymbol | undefined;
  readonly interval?: BarInterval | undefined;
  /** True when the file's name says `adj` when left out. */
  readonly isAdjusted?: boolean | undefined;
  /** Of symbols not known yet. */
  readonly assetClass?: AssetClass | undefined;
  /** Of symbols not known yet. */
  readonly currency?: CurrencyCode | undefined;
  readonly onProgress?: OnImportProgress | undefined;
}

/** About 100 ms of one statement: longer ones would hold back the outbox. */
const BARS_PER_BATCH = 10_000;
/** Levels, yields and futures may be zero or negative; prices of other things may not. */
const MAY_BE_NEGATIVE: readonly AssetClass[] = ['INDEX', 'COMMODITY'];

/** Reads a wide or long file of bars into the series of its source. */
export async function importPrices(
  deps: ImportPricesDeps,
  order: ImportPricesOrder,
): Promise<ImportRun> {
  const file = await deps.openHistoryFile(order.file);
  const source = order.source ?? sourceOfFile(file.name);
  const { assetClass = 'EQUITY', currency = currencyCode('USD'), symbol, onProgress } = order;
  const rules = { mayBeNegative: MAY_BE_NEGATIVE.includes(assetClass) };
  const seen = createSeenDays();
  const seriesIds = createSeriesIds(deps, {
    assumed: { assetClass, currency },
    series: {
      source,
      interval: order.interval ?? 'DAY_1',
      isAdjusted: order.isAdjusted ?? /adj/i.test(file.name),
    },
  });

  const reader = createTableReader<PriceForm, SymbolBar>({
    readHeader: (cells) => readPriceHeader(cells, { symbol }),
    readRow: (form, cells) => readPriceRow(form, cells, rules),
    repeats: ({ symbol, date }) =>
      seen.add(symbol, date)
        ? undefined
        : { column: null, reason: `expected one row for ${symbol} on ${date}, one came before` },
    batchSize: BARS_PER_BATCH,
    write: async (bars) => {
      const ids = await seriesIds.of(bars.map((bar) => bar.symbol));
      return deps.bars.write(bars.map((bar, index) => ({ ...bar, seriesId: ids[index] ?? 0 })));
    },
  });
  const settle = () => deps.priceSeries.settle(seriesIds.all());
  return runImport(deps, { kind: 'PRICES', file, source, reader, settle, onProgress });
}

/** The series each symbol's bars go to; a symbol seen first becomes an instrument. */
function createSeriesIds(
  { instruments, priceSeries }: ImportPricesDeps,
  {
    assumed,
    series,
  }: {
    readonly assumed: { readonly assetClass: AssetClass; readonly currency: CurrencyCode };
    readonly series: SeriesIdentity;
  },
) {
  const known = new Map<InstrumentSymbol, number>();

  async function knownOrAdded(symbols: readonly InstrumentSymbol[]) {
    const found = await instruments.bySymbols(symbols);
    const unknown = symbols.filter((symbol) => !found.has(symbol));
    if (unknown.length === 0) return found;
    await instruments.addMissing(unknown.map((symbol) => unknownInstrument(symbol, assumed)));
    return instruments.bySymbols(symbols);
  }

  async function learn(symbols: readonly InstrumentSymbol[]): Promise<void> {
    const found = [...(await knownOrAdded(symbols)).values()];
    const ids = await priceSeries.ensure(
      found.map((each) => each.id),
      series,
    );
    for (const { id, symbol } of found) {
      const seriesId = ids.get(id);
      if (seriesId !== undefined) known.set(symbol, seriesId);
    }
  }

  return {
    async of(symbols: readonly InstrumentSymbol[]): Promise<readonly number[]> {
      const missing = [...new Set(symbols)].filter((symbol) => !known.has(symbol));
      if (missing.length > 0) await learn(missing);
      return symbols.map((symbol) => {
        const id = known.get(symbol);
        if (id === undefined) throw new Error(`no series was made for ${symbol}`);
        return id;
      });
    },
    all: () => [...known.values()],
  };
}
