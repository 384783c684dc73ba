/** A position computed anew from its history, with every late event in its place. */

import type { BusinessDate } from '#kernel/business-date';
import { type Amount, amount } from '#kernel/money';
import { type Checkpoint, firstMethodOf, type Replay, replayOn } from './fold.ts';
import { openLedger } from './lot-ledger.ts';
import {
  type CorrectionRefusalReason,
  type Figures,
  figuresOf,
  initialPosition,
  type LotState,
} from './position.ts';
import {
  effectiveDateOf,
  latenessOf,
  type PositionEvent,
  type Restatement,
} from './position-event.ts';
import { type HistoryEvent, settledVersions, type TimelineEntry, timelineOf } from './timeline.ts';

/** What a correction says, ready to be decided on the position it is based on. */
export interface Recalculated {
  /** The last event counted. */
  readonly basedOnVersion: number;
  /** The first day it concerns. */
  readonly effectiveDate: BusinessDate;
  /** Versions of the late events that are now in their place, oldest first. */
  readonly settles: readonly number[];
  readonly causedBy: readonly string[];
  readonly beforeTrade: Figures;
  readonly replayedCount: number;
  readonly restatements: readonly Restatement[];
  readonly state: LotState;
}

export interface RecalculationTerms {
  /** Of the contract, today. */
  readonly isLongOnly: boolean;
}

export type Recalculation =
  | { readonly type: 'RECALCULATED'; readonly recalculated: Recalculated }
  | { readonly type: 'NOTHING_PENDING' }
  | {
      readonly type: 'REFUSED';
      readonly basedOnVersion: number;
      readonly effectiveDate: BusinessDate;
      readonly reason: CorrectionRefusalReason;
      readonly versions: readonly number[];
      readonly message: string;
      /** The history says so already, and nothing late has come since. */
      readonly isNoted: boolean;
    };

/**
 * Settles every late event among `known`: the history in version order, from its beginning or from
 * a checkpoint on that none of them touches (`canStartFrom`).
 */
export function recalculate(
  known: readonly HistoryEvent[],
  { isLongOnly }: RecalculationTerms,
  from: Checkpoint = initialPosition,
): Recalculation {
  const settled = settledVersions(known);
  const pending = known.filter(
    ({ event, version }) => latenessOf(event) !== null && !settled.has(version),
  );
  const [firstPending] = pending;
  const basedOnVersion = known.at(-1)?.version ?? 0;
  if (firstPending === undefined) return { type: 'NOTHING_PENDING' };
  const before = known.filter(({ version }) => version < firstPending.version);
  const { result, earlier } = replayTwice(known, before, from);
  const effectiveDate = earliest(pending.map(({ event }) => effectiveDateOf(event)));
  const refusal = refusalOf(result, isLongOnly);
  if (refusal !== undefined) {
    const isNoted = wasRefusedSince(known, pending.at(-1) ?? firstPending);
    return { type: 'REFUSED', basedOnVersion, effectiveDate, ...refusal, isNoted };
  }
  return {
    type: 'RECALCULATED',
    recalculated: {
      basedOnVersion,
      effectiveDate,
      settles: pending.map(({ version }) => version),
      causedBy: pending.map(({ event }) => causeOf(event)),
      beforeTrade: figuresOf(earlier.state),
      replayedCount: result.count,
      restatements: restatementsOf(
        known,
        publishedGains(known, earlier.gainByVersion, firstPending.version),
        result.gainByVersion,
      ),
      state: result.state,
    },
  };
}

/**
 * The history with everything settled, and as it was before: up to where the two part, the same
 * facts are applied once.
 */
function replayTwice(
  known: readonly HistoryEvent[],
  before: readonly HistoryEvent[],
  from: Checkpoint,
): { readonly result: Replay; readonly earlier: Replay } {
  const settled = timelineOf(known, { effectiveAt: null, settleAll: true });
  const earlier = timelineOf(before, { effectiveAt: null, settleAll: false });
  const shared = sharedLength(settled, earlier);
  const reliefMethod = firstMethodOf(known, from);
  const start = replayOn(openLedger({ ...from, reliefMethod }), settled.slice(0, shared));
  return {
    result: replayOn(openLedger(start.state), settled.slice(shared), start),
    earlier: replayOn(openLedger(start.state), earlier.slice(shared), start),
  };
}

function sharedLength(a: readonly TimelineEntry[], b: readonly TimelineEntry[]): number {
  let length = 0;
  while (length < a.length && length < b.length && isSame(a[length], b[length])) length += 1;
  return length;
}

/** What was amended, chosen or replaced is another object. */
function isSame(a: TimelineEntry | undefined, b: TimelineEntry | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.version !== b.version || a.date !== b.date) return false;
  if (a.fact.type === 'RECEIVED') return b.fact.type === 'RECEIVED' && a.fact.lots === b.fact.lots;
  return a.fact.type !== 'TRADE' || (b.fact.type === 'TRADE' && a.fact.trade === b.fact.trade);
}

function wasRefusedSince(known: readonly HistoryEvent[], last: HistoryEvent): boolean {
  return known.some(
    ({ event, version }) => event.type === 'CORRECTION_REFUSED' && version > last.version,
  );
}

/**
 * Counts on a recalculation what came in meanwhile. RESTART when that cannot simply follow: when it
 * is late itself or answers another recalculation, when the correction has moved the newest day
 * beyond it, or when it oversells on the corrected lots.
 */
export function catchUp(
  recalculated: Recalculated,
  tail: readonly HistoryEvent[],
  { isLongOnly }: RecalculationTerms,
): Recalculated | 'RESTART' {
  if (tail.length === 0) return recalculated;
  if (tail.some(({ event }) => latenessOf(event) !== null || ANSWERS.has(event.type))) {
    return 'RESTART';
  }
  const { state } = recalculated;
  const entries = timelineOf(tail, { effectiveAt: null, settleAll: false });
  const [first] = entries;
  const newest = state.lastEffectiveDate;
  if (first !== undefined && newest !== null && first.date < newest) return 'RESTART';
  const result = replayOn(openLedger(state), entries);
  if (refusalOf(result, isLongOnly) !== undefined) return 'RESTART';
  return {
    ...recalculated,
    basedOnVersion: tail.at(-1)?.version ?? recalculated.basedOnVersion,
    replayedCount: recalculated.replayedCount + result.count,
    restatements: [
      ...recalculated.restatements,
      ...restatementsOf(tail, publishedGains(tail), result.gainByVersion),
    ],
    state: result.state,
  };
}

/** Another recalculation came first. */
const ANSWERS: ReadonlySet<PositionEvent['type']> = new Set([
  'HISTORICAL_POSITION_CORRECTED',
  'CORRECTION_REFUSED',
]);

function refusalOf(
  { oversold, brokenElections }: Replay,
  isLongOnly: boolean,
): { reason: CorrectionRefusalReason; versions: readonly number[]; message: string } | undefined {
  if (isLongOnly && oversold.length > 0) {
    return {
      reason: 'OVERSOLD_AFTER_REPLAY',
      versions: oversold,
      message:
        'expected every sale to find its units in the corrected history, as the contract is ' +
        `long-only; too few for ${shown(oversold)}`,
    };
  }
  if (brokenElections.length > 0) {
    return {
      reason: 'ELECTION_BROKEN',
      versions: brokenElections,
      message:
        'expected the lots chosen for every sale in the corrected history; not so for ' +
        shown(brokenElections),
    };
  }
  return undefined;
}

const MAX_SHOWN_VERSIONS = 10;

function shown(versions: readonly number[]): string {
  const more = versions.length > MAX_SHOWN_VERSIONS ? ', …' : '';
  return `event ${versions.slice(0, MAX_SHOWN_VERSIONS).join(', ')}${more}`;
}

/** What was published for an event, and is another gain now. In version order. */
function restatementsOf(
  known: readonly HistoryEvent[],
  published: ReadonlyMap<number, Amount>,
  gainByVersion: ReadonlyMap<number, Amount>,
): readonly Restatement[] {
  const restatements: Restatement[] = [];
  for (const { event, version } of known) {
    const before = published.get(version) ?? NOTHING;
    const after = gainByVersion.get(version) ?? NOTHING;
    if (before !== after) restatements.push({ version, tradeId: causeOf(event), before, after });
  }
  return restatements;
}

const NOTHING = amount(0n);

/**
 * What each event is last known to have realized; wash sales belong to the trade they follow. A
 * correction settles everything late before it, so up to the first event that is pending that is
 * what a replay of those before it came to (`replayed`), and from it on what was recorded.
 */
function publishedGains(
  known: readonly HistoryEvent[],
  replayed: ReadonlyMap<number, Amount> = new Map(),
  firstPending = 0,
): ReadonlyMap<number, Amount> {
  const gains = new Map(replayed);
  for (const { event, version } of known) {
    if (version < firstPending) continue;
    const isWash = event.type === 'WASH_SALE_ADJUSTED';
    const of = isWash ? event.causedByVersion : version;
    const gain = isWash ? event.disallowed : recordedGainOf(event);
    if (gain !== 0n) gains.set(of, amount((gains.get(of) ?? 0n) + gain));
  }
  return gains;
}

function recordedGainOf(event: PositionEvent): bigint {
  switch (event.type) {
    case 'TRADE_APPLIED':
    case 'PROVISIONAL_TRADE_APPLIED':
    case 'FORWARD_TRADE_EFFECTIVE':
    case 'CORPORATE_ACTION_APPLIED':
    case 'LOTS_RECEIVED':
      return event.realizedPnl;
    case 'TRADE_BUSTED':
      return event.estimate?.realizedPnl ?? 0n;
    case 'TRADE_AMENDED':
      return event.estimates.reduce((sum, each) => sum + each.realizedPnl, 0n);
    case 'PRICE_RESET':
      return event.settlement;
    case 'FORWARD_TRADE_BOOKED':
    case 'LOT_METHOD_CHANGED':
    case 'LOT_RELIEF_ELECTED':
    case 'WASH_SALE_ADJUSTED':
    case 'HISTORICAL_POSITION_CORRECTED':
    case 'CONTRACT_GENERATED':
    case 'CORRECTION_REFUSED':
      return 0n;
  }
}

/** The id under which people know what an event is about. */
export function causeOf(event: PositionEvent): string {
  switch (event.type) {
    case 'TRADE_APPLIED':
    case 'PROVISIONAL_TRADE_APPLIED':
    case 'FORWARD_TRADE_BOOKED':
    case 'FORWARD_TRADE_EFFECTIVE':
    case 'TRADE_BUSTED':
      return event.trade.tradeId;
    case 'TRADE_AMENDED':
    case 'LOT_RELIEF_ELECTED':
      return event.target.tradeId;
    case 'PRICE_RESET':
      return event.resetId;
    case 'CORPORATE_ACTION_APPLIED':
      return event.action.actionId;
    case 'LOTS_RECEIVED':
      return event.transferId;
    case 'LOT_METHOD_CHANGED':
      return event.contractId ?? event.method;
    case 'WASH_SALE_ADJUSTED':
    case 'CONTRACT_GENERATED':
      return event.tradeId;
    case 'HISTORICAL_POSITION_CORRECTED':
      return event.causedBy.join(', ');
    case 'CORRECTION_REFUSED':
      return event.reason;
  }
}

function earliest(dates: readonly BusinessDate[]): BusinessDate {
  return dates.reduce((first, each) => (each < first ? each : first));
}
