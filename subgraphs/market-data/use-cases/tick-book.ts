/**
 * What ingestion remembers between batches, one entry per symbol: the state the rules judge by and
 * the last sequence given out. An entry is opened with the first tick of a known instrument, looked
 * up again after `refresh`, and stays for the life of the process.
 */

import { type InstrumentSymbol, parseSymbol } from '../domain/instrument.ts';
import type { SourceTick, TickInstrument } from '../domain/tick.ts';
import {
  initialState,
  type LastPrice,
  type SymbolState,
  withoutPast,
  withoutSource,
  withSequence,
} from '../domain/tick-state.ts';

/** Sequences of one start lie this far above those of the start before. */
const SEQUENCES_PER_RUN = 1_000_000_000_000n;

/** Those that are known, with what their ticks are judged by. */
export type FindTickInstruments = (
  symbols: readonly InstrumentSymbol[],
) => Promise<ReadonlyMap<InstrumentSymbol, TickInstrument>>;

/** What earlier runs left, by symbol. */
export interface TickPast {
  /** Number of this start; grows with each. */
  readonly run: bigint;
  readonly lastPrices: ReadonlyMap<InstrumentSymbol, LastPrice>;
  readonly positions: ReadonlyMap<InstrumentSymbol, readonly SourceSequence[]>;
}

export interface SourceSequence {
  readonly source: string;
  readonly lastSequence: bigint;
}

export interface TickEntry {
  state: SymbolState;
  /** The last one given out. */
  sequence: bigint;
}

export type TickBook = ReturnType<typeof createTickBook>;

export function createTickBook(findInstruments: FindTickInstruments, past: TickPast) {
  const entries = new Map<string, TickEntry>();
  const staleSymbols = new Set<string>();
  const restartedSources = new Set<string>();

  const opened = (instrument: TickInstrument): TickEntry => {
    const { symbol } = instrument;
    const positions = past.positions.get(symbol) ?? [];
    const state = positions
      .filter(({ source }) => !restartedSources.has(source))
      .reduce(
        (next, { source, lastSequence }) => withSequence(next, source, lastSequence),
        initialState(instrument, past.lastPrices.get(symbol) ?? null),
      );
    return { sequence: past.run * SEQUENCES_PER_RUN, state };
  };

  return {
    /** Fetches the instruments that are new or may have changed, in one query. */
    async open(ticks: readonly SourceTick[]): Promise<void> {
      const wanted = new Set<InstrumentSymbol>();
      for (const { symbol } of ticks) {
        if (entries.has(symbol) && !staleSymbols.has(symbol)) continue;
        const parsed = parseSymbol(symbol);
        if (parsed !== undefined) wanted.add(parsed);
      }
      if (wanted.size === 0) return;
      const found = await findInstruments([...wanted]);
      for (const symbol of wanted) {
        staleSymbols.delete(symbol);
        const instrument = found.get(symbol);
        if (!instrument) continue;
        const known = entries.get(symbol);
        entries.set(symbol, known ? refreshed(known, instrument) : opened(instrument));
      }
    },

    entry: (symbol: string): TickEntry | undefined => entries.get(symbol),

    /** Before their next tick: they, or their closes, may have changed. Of all when left out. */
    refresh(symbols?: readonly string[]): void {
      for (const symbol of symbols ?? entries.keys()) staleSymbols.add(symbol);
    },

    /** A source starts again from its beginning. */
    restartSource(source: string): void {
      restartedSources.add(source);
      for (const entry of entries.values()) entry.state = withoutSource(entry.state, source);
    },
  };
}

/** In another currency nothing can be compared any more but the numbers of the sources. */
function refreshed({ sequence, state }: TickEntry, instrument: TickInstrument): TickEntry {
  const isComparable = state.instrument.currency === instrument.currency;
  return { sequence, state: { ...(isComparable ? state : withoutPast(state)), instrument } };
}
