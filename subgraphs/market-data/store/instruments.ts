/** Instruments in Postgres. */

import { and, asc, eq, gt, inArray, or, sql, type SQL } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { parseFigi, parseIsin } from '#kernel/identifiers';
import { currencyCode } from '#kernel/money';
import type { PageRequest } from '#platform/connection';
import { invariant } from '#platform/errors';
import {
  ASSET_CLASSES,
  type AssetClass,
  type Instrument,
  type InstrumentId,
  type InstrumentSymbol,
  parseMic,
  parseSymbol,
} from '../domain/instrument.ts';
import { instrument } from './tables.ts';

export interface InstrumentFilter {
  readonly symbols?: readonly InstrumentSymbol[] | undefined;
  readonly assetClass?: AssetClass | undefined;
  readonly sector?: string | undefined;
  /** Part of the symbol or name, in any case. */
  readonly search?: string | undefined;
}

export type InstrumentRepository = ReturnType<typeof createInstrumentRepository>;

export function createInstrumentRepository(db: PostgresJsDatabase) {
  const byIds = db
    .select()
    .from(instrument)
    .where(sql`${instrument.instrumentId} = any(${sql.placeholder('ids')}::text[])`)
    .prepare('instruments_by_ids');
  const bySymbols = db
    .select()
    .from(instrument)
    .where(sql`${instrument.symbol} = any(${sql.placeholder('symbols')}::text[])`)
    .prepare('instruments_by_symbols');

  return {
    async byIds(ids: readonly InstrumentId[]): Promise<ReadonlyMap<InstrumentId, Instrument>> {
      const rows = (await byIds.execute({ ids })).map(instrumentOf);
      return new Map(rows.map((row) => [row.id, row]));
    },

    async bySymbols(
      symbols: readonly InstrumentSymbol[],
    ): Promise<ReadonlyMap<InstrumentSymbol, Instrument>> {
      const rows = (await bySymbols.execute({ symbols })).map(instrumentOf);
      return new Map(rows.map((row) => [row.symbol, row]));
    },

    /** In order of symbol; one more than asked when there is a next page. */
    async list(filter: InstrumentFilter, page: PageRequest): Promise<readonly Instrument[]> {
      const rows = await db
        .select()
        .from(instrument)
        .where(and(...conditionsOf(filter), after(page)))
        .orderBy(asc(instrument.symbol))
        .limit(page.first + 1);
      return rows.map(instrumentOf);
    },

    /** Adds those with a new symbol, changes the others. One statement: all or none. */
    async save(instruments: readonly Instrument[]): Promise<void> {
      if (instruments.length === 0) return;
      await db
        .insert(instrument)
        .values(instruments.map(({ id, ...rest }) => ({ instrumentId: id, ...rest })))
        .onConflictDoUpdate({
          target: instrument.symbol,
          set: Object.fromEntries([
            ...CHANGEABLE.map((column) => [column, sql.raw(`excluded.${SQL_NAMES[column]}`)]),
            ['recordedAt', sql`clock_timestamp()`],
          ]),
        });
    },

    /** Adds those whose symbol is new; leaves the others as they are. */
    async addMissing(instruments: readonly Instrument[]): Promise<void> {
      for (let start = 0; start < instruments.length; start += MAX_ROWS_PER_INSERT) {
        const slice = instruments.slice(start, start + MAX_ROWS_PER_INSERT);
        await db
          .insert(instrument)
          .values(slice.map(({ id, ...rest }) => ({ instrumentId: id, ...rest })))
          .onConflictDoNothing();
      }
    },

    async isEmpty(): Promise<boolean> {
      const found = await db.select({ id: instrument.instrumentId }).from(instrument).limit(1);
      return found.length === 0;
    },
  };
}

/** Nine parameters a row: the protocol takes 65,535. */
const MAX_ROWS_PER_INSERT = 1_000;

const CHANGEABLE = ['name', 'assetClass', 'currency', 'sector', 'mic', 'isin', 'figi'] as const;
const SQL_NAMES: Readonly<Record<(typeof CHANGEABLE)[number], string>> = {
  name: instrument.name.name,
  assetClass: instrument.assetClass.name,
  currency: instrument.currency.name,
  sector: instrument.sector.name,
  mic: instrument.mic.name,
  isin: instrument.isin.name,
  figi: instrument.figi.name,
};

function conditionsOf(filter: InstrumentFilter): (SQL | undefined)[] {
  const { symbols, assetClass, sector, search } = filter;
  return [
    symbols && inArray(instrument.symbol, [...symbols]),
    assetClass && eq(instrument.assetClass, assetClass),
    sector === undefined ? undefined : eq(instrument.sector, sector),
    search === undefined
      ? undefined
      : or(contains(instrument.symbol, search), contains(instrument.name, search)),
  ];
}

/** By position, so that % and _ in the text stand for themselves. */
function contains(column: typeof instrument.symbol | typeof instrument.name, text: string): SQL {
  return sql`position(lower(${text}) in lower(${column})) > 0`;
}

function after(page: PageRequest): SQL | undefined {
  const [symbol] = page.after ?? [];
  return symbol === undefined ? undefined : gt(instrument.symbol, symbol);
}

function instrumentOf(row: typeof instrument.$inferSelect): Instrument {
  const symbol = parseSymbol(row.symbol);
  const assetClass = ASSET_CLASSES.find((each) => each === row.assetClass);
  invariant(symbol, `stored symbol ${row.symbol} is readable`);
  invariant(assetClass, `stored asset class ${row.assetClass} is known`);
  const isin = row.isin === null ? undefined : parseIsin(row.isin);
  const figi = row.figi === null ? undefined : parseFigi(row.figi);
  return {
    id: row.instrumentId as InstrumentId,
    symbol,
    name: row.name,
    assetClass,
    currency: currencyCode(row.currency),
    sector: row.sector,
    mic: row.mic === null ? null : (parseMic(row.mic) ?? null),
    isin: isin?.ok ? isin.value : null,
    figi: figi?.ok ? figi.value : null,
  };
}
