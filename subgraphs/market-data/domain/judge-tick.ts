/**
 * Judges one tick of one symbol: accepted, rejected for good, or held until something confirms it.
 * Pure: the caller passes the time in and keeps the state that comes out.
 *
 * What is held, and how it ends:
 * - A crossed, locked or wide quote waits for the next update of its source. A second equal lock,
 *   or a second wide quote around the same middle, confirms it; anything else discards it.
 * - A price outlier waits for a print that agrees with it within 25 bp; a suspected split for two,
 *   or for one of another source. A print that is accepted before that discards it. Five outliers
 *   in a row that lie close together and far from the old price win over it even when they do not
 *   agree to 25 bp, so that no real jump is refused for ever.
 *
 * A confirmed tick is published when it is confirmed, before the print that confirmed it. Nothing
 * was accepted in between, so the order in time is kept.
 */

import { agree } from './price-agreement.ts';
import type { HeldTick, JudgedTick, SourceTick, TickFlag } from './tick.ts';
import {
  currencyFault,
  inInstrumentUnit,
  positiveFault,
  schemaFault,
  STALE_AFTER_MS,
  type TickFault,
  timeFault,
  unitFault,
} from './tick-rules-form.ts';
import { priceFault, recentClose } from './tick-rules-price.ts';
import { confirmsQuote, findInQuote } from './tick-rules-quote.ts';
import { findInSequence } from './tick-rules-sequence.ts';
import {
  MAX_HELD_TICKS,
  type SymbolState,
  withAccepted,
  withoutPast,
  withoutSource,
  withRefusedSequence,
  withSequence,
} from './tick-state.ts';

/** Further prints within 25 bp that a held price needs when they come from its own source. */
const PRINTS_TO_CONFIRM = 1;
const PRINTS_TO_CONFIRM_SPLIT = 2;
/** Outliers in a row that make the old price the doubtful one. */
export const PERSISTENT_PRINTS = 5;
/** They must lie within this part of their distance from the old price. */
const PERSISTENT_SPREAD = 0.25;

export type Verdict =
  /** `released` were held and are published now, before the tick itself. */
  | {
      readonly kind: 'ACCEPTED';
      readonly tick: JudgedTick;
      readonly released: readonly JudgedTick[];
    }
  | ({ readonly kind: 'REJECTED' } & TickFault)
  | { readonly kind: 'QUARANTINED'; readonly held: HeldTick }
  /** A simulated price of a symbol that a market prices: dropped without a trace. */
  | { readonly kind: 'YIELDED' };

export interface Judgement {
  readonly verdict: Verdict;
  readonly state: SymbolState;
  /** Ticks held until now, and what became of them. */
  readonly confirmed: readonly HeldTick[];
  readonly discarded: readonly HeldTick[];
}

const NONE: readonly HeldTick[] = [];

export function judgeTick(before: SymbolState, sent: SourceTick, nowMs: number): Judgement {
  if (sent.isSimulated && before.hasMarketPrints) return unchanged(before, { kind: 'YIELDED' });
  const changesSides = before.last !== null && before.last.isSimulated !== sent.isSimulated;
  const past = changesSides ? withoutPast(before) : before;
  const readable = readableTick(past, sent, nowMs);
  if (!readable.ok) return rejected(before, sent, readable.fault);
  const { tick } = readable;
  const state = withSequenceOf(past, tick);
  const judged = judgeQuote(state, tick, nowMs);
  if (!changesSides) return judged;
  const forgotten = [...before.heldPrices, ...before.heldQuotes];
  return { ...judged, discarded: [...forgotten, ...judged.discarded] };
}

function unchanged(state: SymbolState, verdict: Verdict): Judgement {
  return { verdict, state, confirmed: NONE, discarded: NONE };
}

function rejected(before: SymbolState, sent: SourceTick, fault: TickFault): Judgement {
  const state =
    fault.rule === 'OUT_OF_SEQUENCE' && sent.sourceSequence !== null
      ? withRefusedSequence(before, sent.source, BigInt(sent.sourceSequence))
      : before;
  return unchanged(state, { kind: 'REJECTED', ...fault });
}

function withSequenceOf(past: SymbolState, tick: JudgedTick): SymbolState {
  if (tick.sourceSequence === null) return past;
  const restarts = tick.flags.includes('SEQUENCE_RESTARTED');
  const state = restarts ? withoutSource(past, tick.source) : past;
  return withSequence(state, tick.source, BigInt(tick.sourceSequence));
}

type Readable =
  | { readonly ok: true; readonly tick: JudgedTick }
  | { readonly ok: false; readonly fault: TickFault };

/** The rules up to OUT_OF_SEQUENCE: only what that one refuses leaves a mark on the state. */
function readableTick(state: SymbolState, sent: SourceTick, nowMs: number): Readable {
  const unreadable = schemaFault(sent) ?? positiveFault(sent);
  if (unreadable) return { ok: false, fault: unreadable };
  const tick = inInstrumentUnit(sent, state.instrument);
  if (tick === null) return { ok: false, fault: currencyFault(sent, state.instrument) };
  const reference = state.last?.price ?? recentClose(state, nowMs);
  const fault = unitFault(tick.price, reference) ?? timeFault(tick, nowMs);
  if (fault) return { ok: false, fault };
  const order = findInSequence(state, tick);
  if (order.kind === 'FAULT') return { ok: false, fault: order.fault };
  const isStale = nowMs - tick.eventTimeMs > STALE_AFTER_MS;
  const flags: TickFlag[] = [];
  if (tick !== sent) flags.push('UNIT_NORMALIZED');
  if (isStale) flags.push('STALE');
  if (order.kind === 'RESTARTED') flags.push('SEQUENCE_RESTARTED');
  const live = tick.isSimulated ? 'SIMULATED' : 'GOOD';
  return {
    ok: true,
    tick: { ...tick, receivedAtMs: nowMs, quality: isStale ? 'STALE' : live, flags },
  };
}

function judgeQuote(state: SymbolState, tick: JudgedTick, nowMs: number): Judgement {
  const waiting = state.heldQuotes.filter((each) => each.source === tick.source);
  const next: SymbolState =
    waiting.length === 0
      ? state
      : { ...state, heldQuotes: state.heldQuotes.filter((each) => each.source !== tick.source) };
  const finding = findInQuote(next, tick);
  switch (finding.kind) {
    case 'GOOD':
      return judgePrice(next, tick, { nowMs, waiting, confirmed: NONE });
    case 'DROP_QUOTE': {
      const trade = { ...tick, bid: null, ask: null, flags: flagged(tick, 'WIDE_QUOTE') };
      return judgePrice(next, trade, { nowMs, waiting, confirmed: NONE });
    }
    case 'FAULT': {
      const confirmed = waiting.filter((held) => confirmsQuote(held, tick, finding.fault));
      if (confirmed.length > 0) {
        const passed = { ...tick, flags: flagged(tick, finding.fault.rule) };
        const spreads = finding.fault.rule === 'WIDE_QUOTE' ? new Float64Array(0) : next.spreads;
        return judgePrice({ ...next, spreads }, passed, { nowMs, waiting: NONE, confirmed });
      }
      const held: HeldTick = { ...tick, ...finding.fault };
      const { kept, pushedOut } = withRoom(next.heldQuotes);
      return {
        verdict: { kind: 'QUARANTINED', held },
        state: { ...next, heldQuotes: [...kept, held] },
        confirmed: NONE,
        discarded: [...waiting, ...pushedOut],
      };
    }
  }
}

interface QuoteOutcome {
  readonly nowMs: number;
  /** Held quotes of this source that this update does not confirm. */
  readonly waiting: readonly HeldTick[];
  readonly confirmed: readonly HeldTick[];
}

function judgePrice(state: SymbolState, tick: JudgedTick, quote: QuoteOutcome): Judgement {
  const fault = priceFault(state, tick, quote.nowMs);
  if (fault === null) {
    const { heldPrices } = state;
    const next = heldPrices.length === 0 ? state : { ...state, heldPrices: NONE };
    const discarded = heldPrices.length === 0 ? quote.waiting : [...quote.waiting, ...heldPrices];
    return accepted(next, tick, { ...quote, discarded });
  }
  const confirmed = confirmingPrints(state, tick, fault);
  const unconfirmedQuotes = [...quote.waiting, ...quote.confirmed];
  if (confirmed.length === 0) return heldBack(state, tick, { fault, discarded: unconfirmedQuotes });
  const others = state.heldPrices.filter((each) => !confirmed.includes(each));
  const passed = { ...tick, flags: flagged(tick, fault.rule) };
  const { previousClose } = state.instrument;
  const confirmedLevel =
    previousClose === null ? null : { price: tick.price, insteadOf: previousClose.price };
  return accepted({ ...state, heldPrices: NONE, confirmedLevel }, passed, {
    nowMs: quote.nowMs,
    confirmed,
    discarded: [...unconfirmedQuotes, ...others],
  });
}

/** The held prints that together with this one are enough; none when they are not. */
function confirmingPrints(
  state: SymbolState,
  tick: JudgedTick,
  fault: TickFault,
): readonly HeldTick[] {
  const agreeing = state.heldPrices.filter((each) => agree(each.price, tick.price));
  const needed = fault.rule === 'SUSPECTED_SPLIT' ? PRINTS_TO_CONFIRM_SPLIT : PRINTS_TO_CONFIRM;
  if (agreeing.length >= needed) return agreeing;
  if (agreeing.some((each) => each.source !== tick.source)) return agreeing;
  const row = state.heldPrices.slice(-(PERSISTENT_PRINTS - 1));
  if (row.length < PERSISTENT_PRINTS - 1 || state.last === null) return NONE;
  const prices = [...row, tick].map((each) => Number(each.price));
  const [lowest, highest] = [Math.min(...prices), Math.max(...prices)];
  const old = Number(state.last.price);
  const distance = old < lowest ? lowest - old : old - highest;
  return highest - lowest <= PERSISTENT_SPREAD * distance ? row : NONE;
}

function heldBack(
  state: SymbolState,
  tick: JudgedTick,
  { fault, discarded }: { readonly fault: TickFault; readonly discarded: readonly HeldTick[] },
): Judgement {
  const held: HeldTick = { ...tick, rule: fault.rule, reason: fault.reason };
  const { kept, pushedOut } = withRoom(state.heldPrices);
  return {
    verdict: { kind: 'QUARANTINED', held },
    state: { ...state, heldPrices: [...kept, held] },
    confirmed: NONE,
    discarded: [...discarded, ...pushedOut],
  };
}

/** Room for one more: the oldest is let go when there is none. */
function withRoom(held: readonly HeldTick[]): {
  readonly kept: readonly HeldTick[];
  readonly pushedOut: readonly HeldTick[];
} {
  const surplus = Math.max(0, held.length - (MAX_HELD_TICKS - 1));
  return { kept: held.slice(surplus), pushedOut: held.slice(0, surplus) };
}

function accepted(
  state: SymbolState,
  tick: JudgedTick,
  outcome: {
    readonly nowMs: number;
    readonly confirmed: readonly HeldTick[];
    readonly discarded?: readonly HeldTick[];
  },
): Judgement {
  const { confirmed, nowMs } = outcome;
  const released = confirmed.length === 0 ? [] : confirmed.map((each) => release(each, nowMs));
  const next = released.reduce(withAccepted, state);
  return {
    verdict: { kind: 'ACCEPTED', tick, released },
    state: withAccepted(next, tick),
    confirmed,
    discarded: outcome.discarded ?? NONE,
  };
}

function release(held: HeldTick, nowMs: number): JudgedTick {
  const isStale = nowMs - held.eventTimeMs > STALE_AFTER_MS;
  const { rule, reason: _reason, ...tick } = held;
  return {
    ...tick,
    quality: isStale ? 'STALE' : held.quality,
    flags: [...held.flags, rule, 'CONFIRMED'],
  };
}

function flagged(tick: JudgedTick, flag: TickFlag): readonly TickFlag[] {
  return [...tick.flags, flag];
}
