/** What validation remembers of one symbol. Plain data: judging gives the next state. */

import type { HeldTick, JudgedTick, TickInstrument } from './tick.ts';

/** Returns and spreads remembered per symbol. */
export const WINDOW_LENGTH = 50;
/** Sources remembered per symbol; the one not heard of for longest is forgotten first. */
export const MAX_SOURCES_PER_SYMBOL = 16;
/** Sequence numbers remembered per source, to tell a duplicate from a late one. */
export const MAX_REMEMBERED_SEQUENCES = 64;
/** Ticks held per symbol; one more lets the oldest go. */
export const MAX_HELD_TICKS = 20;

export interface SourceState {
  readonly source: string;
  readonly lastSequence: bigint;
  /** The newest numbers, in the order they came. */
  readonly recentSequences: readonly bigint[];
  /** Growing numbers refused in a row: enough of them, and the source has started anew. */
  readonly refused: { readonly count: number; readonly last: bigint } | null;
}

export interface LastPrice {
  readonly price: bigint;
  readonly receivedAtMs: number;
  readonly isSimulated: boolean;
}

export interface SymbolState {
  readonly instrument: TickInstrument;
  /** Null until a tick was accepted. */
  readonly last: LastPrice | null;
  /** Simple returns between accepted ticks, oldest first. */
  readonly returns: Float64Array;
  /** (ask - bid) / mid of accepted quotes, oldest first. */
  readonly spreads: Float64Array;
  /** Outliers that wait for a print that agrees, in the order they came. */
  readonly heldPrices: readonly HeldTick[];
  /** The last crossed, locked or wide quote of a source; held for one update of that source. */
  readonly heldQuotes: readonly HeldTick[];
  /** Price that replaced the previous close for JUMP, once a jump was confirmed. */
  readonly confirmedLevel: { readonly price: bigint; readonly insteadOf: bigint } | null;
  readonly sources: readonly SourceState[];
  /** A market priced it in this run: the simulator is silent from then on. */
  readonly hasMarketPrints: boolean;
}

const EMPTY = new Float64Array(0);

/** `last` is the last price of an earlier run, when it is recent enough to compare with. */
export function initialState(instrument: TickInstrument, last: LastPrice | null): SymbolState {
  return {
    instrument,
    last,
    returns: EMPTY,
    spreads: EMPTY,
    heldPrices: [],
    heldQuotes: [],
    confirmedLevel: null,
    sources: [],
    hasMarketPrints: false,
  };
}

/** Between simulator and market nothing carries over but the sequence numbers of the sources. */
export function withoutPast(state: SymbolState): SymbolState {
  return { ...initialState(state.instrument, null), sources: state.sources };
}

/** Forgets the sequence numbers of a source that starts again from the beginning. */
export function withoutSource(state: SymbolState, source: string): SymbolState {
  return { ...state, sources: state.sources.filter((each) => each.source !== source) };
}

/** A recorded sequence number, from before the process started or from this tick. */
export function withSequence(state: SymbolState, source: string, sequence: bigint): SymbolState {
  const known = state.sources.find((each) => each.source === source);
  const recent = known?.recentSequences ?? [];
  const next: SourceState = {
    source,
    lastSequence:
      known !== undefined && known.lastSequence > sequence ? known.lastSequence : sequence,
    recentSequences: [...recent.slice(-(MAX_REMEMBERED_SEQUENCES - 1)), sequence],
    refused: null,
  };
  return withSourceState(state, next);
}

/** Counts a number that is refused for being out of sequence. */
export function withRefusedSequence(
  state: SymbolState,
  source: string,
  sequence: bigint,
): SymbolState {
  const known = state.sources.find((each) => each.source === source);
  if (known === undefined) return state;
  const goesOn = known.refused !== null && sequence > known.refused.last;
  const count = goesOn ? (known.refused?.count ?? 0) + 1 : 1;
  return withSourceState(state, { ...known, refused: { count, last: sequence } });
}

function withSourceState(state: SymbolState, next: SourceState): SymbolState {
  const others = state.sources.filter((each) => each.source !== next.source);
  return { ...state, sources: [...others.slice(-(MAX_SOURCES_PER_SYMBOL - 1)), next] };
}

/** Counts an accepted tick into last price, returns and spreads. */
export function withAccepted(state: SymbolState, tick: JudgedTick): SymbolState {
  const { last } = state;
  const next: LastPrice = {
    price: tick.price,
    receivedAtMs: tick.receivedAtMs,
    isSimulated: tick.isSimulated,
  };
  const spread = spreadOf(tick);
  return {
    ...state,
    last: next,
    hasMarketPrints: state.hasMarketPrints || !tick.isSimulated,
    returns:
      last === null ? state.returns : appended(state.returns, ratio(tick.price, last.price) - 1),
    spreads: spread > 0 ? appended(state.spreads, spread) : state.spreads,
  };
}

/** (ask - bid) / mid; 0 without both sides. */
export function spreadOf({ bid, ask }: Pick<JudgedTick, 'bid' | 'ask'>): number {
  if (bid === null || ask === null) return 0;
  return (2 * Number(ask - bid)) / Number(ask + bid);
}

/** a / b as a statistic. */
export function ratio(a: bigint, b: bigint): number {
  return Number(a) / Number(b);
}

function appended(window: Float64Array, value: number): Float64Array {
  const kept = Math.min(window.length, WINDOW_LENGTH - 1);
  const next = new Float64Array(kept + 1);
  next.set(window.subarray(window.length - kept));
  next[kept] = value;
  return next;
}
