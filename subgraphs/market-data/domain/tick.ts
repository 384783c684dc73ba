/** Ticks: one price as a source sent it, and what validation makes of it. */

import type { BusinessDate } from '#kernel/business-date';
import type { CurrencyCode } from '#kernel/money';
import type { PriceQuality } from '#kernel/topics/accepted-ticks';
import type { AssetClass, InstrumentId, InstrumentSymbol } from './instrument.ts';

/** The validation rules, in the order in which they are applied; the SDL explains each. */
export const TICK_RULES = [
  'UNKNOWN_SYMBOL',
  'SCHEMA',
  'NOT_POSITIVE',
  'CURRENCY_OR_UNIT',
  'FUTURE_TIME',
  'TOO_OLD',
  'DUPLICATE',
  'OUT_OF_SEQUENCE',
  'CROSSED_QUOTE',
  'WIDE_QUOTE',
  'SPIKE',
  'JUMP',
  'SUSPECTED_SPLIT',
] as const;
export type TickRule = (typeof TICK_RULES)[number];

/** What was done to a tick that was let through all the same; part of its lineage. */
export type TickFlag =
  | TickRule
  /** Price, bid and ask were converted from the minor to the major unit, or the other way. */
  | 'UNIT_NORMALIZED'
  /** Older than the limit for a live price, so its quality is STALE. */
  | 'STALE'
  /** The first tick let through of a source whose numbers started anew. */
  | 'SEQUENCE_RESTARTED'
  /** Held back first; published when later prints agreed. */
  | 'CONFIRMED';

/** One tick as a source sent it; decimals are 1e-8 units, nothing else is checked yet. */
export interface SourceTick {
  /** Upper case. */
  readonly symbol: string;
  /** Of the trade, or the middle of the quote. */
  readonly price: bigint;
  readonly bid: bigint | null;
  readonly ask: bigint | null;
  /** Units traded; null for a quote. */
  readonly size: bigint | null;
  /** Null for the instrument's own. */
  readonly currency: string | null;
  readonly eventTimeMs: number;
  /** The time a recording states, when `eventTimeMs` was moved to the time of the replay. */
  readonly recordedEventTimeMs: number | null;
  readonly source: string;
  /** Number at the source, growing per symbol; decimal digits. Null when it has none. */
  readonly sourceSequence: string | null;
  /** The simulator's prices never compete with those of a market. */
  readonly isSimulated: boolean;
}

/** What is known about an instrument when its ticks are judged. */
export interface TickInstrument {
  readonly id: InstrumentId;
  readonly symbol: InstrumentSymbol;
  readonly assetClass: AssetClass;
  readonly currency: CurrencyCode;
  /** Newest daily close before today; null when there is none. */
  readonly previousClose: { readonly price: bigint; readonly date: BusinessDate } | null;
}

/** A tick that passed every rule, or was let through with flags. */
export interface JudgedTick extends SourceTick {
  readonly receivedAtMs: number;
  readonly quality: PriceQuality;
  readonly flags: readonly TickFlag[];
}

/** A tick that waits for confirmation. */
export interface HeldTick extends JudgedTick {
  readonly rule: TickRule;
  readonly reason: string;
}

export type QuarantineStatus = 'HELD' | 'CONFIRMED' | 'DISCARDED';
