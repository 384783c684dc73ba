/** Gathers what a reader of the result has to know, and lists it in a fixed order. */

import type { BacktestWarning } from './backtest-result.ts';

export interface BacktestJournal {
  /** Facts in the order in which they happened. */
  readonly events: BacktestWarning[];
  /** By name: sessions held at an older close, and trades done at one. */
  readonly carriedSessions: Int32Array;
  readonly tradesAtOlderClose: Int32Array;
  /** By name: the first session held with a close too old; -1 for none. */
  readonly staleFrom: Int32Array;
  /** By name: the decision that left it out, as long as it has not joined; -1 for none. */
  readonly leftOutFrom: Int32Array;
}

export function emptyJournal(names: number): BacktestJournal {
  return {
    events: [],
    carriedSessions: new Int32Array(names),
    tradesAtOlderClose: new Int32Array(names),
    staleFrom: new Int32Array(names).fill(-1),
    leftOutFrom: new Int32Array(names).fill(-1),
  };
}

export function count(counts: Int32Array, name: number): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

export function noteLeftOut(journal: BacktestJournal, name: number, session: number): void {
  if (journal.leftOutFrom[name] === -1) journal.leftOutFrom[name] = session;
}

export function noteJoined(journal: BacktestJournal, name: number, session: number): void {
  const fromSession = journal.leftOutFrom[name] ?? -1;
  if (fromSession < 0) return;
  journal.events.push({ kind: 'LEFT_OUT', name, fromSession, joinedSession: session });
  journal.leftOutFrom[name] = -1;
}

/** Events first, then by kind what concerns single names, in the order of the names. */
export function warningsOf(journal: BacktestJournal): readonly BacktestWarning[] {
  const warnings = [...journal.events];
  journal.leftOutFrom.forEach((fromSession, name) => {
    const joinedSession = undefined;
    if (fromSession >= 0) warnings.push({ kind: 'LEFT_OUT', name, fromSession, joinedSession });
  });
  journal.carriedSessions.forEach((sessions, name) => {
    if (sessions > 0) warnings.push({ kind: 'PRICE_CARRIED', name, sessions });
  });
  journal.tradesAtOlderClose.forEach((trades, name) => {
    if (trades > 0) warnings.push({ kind: 'TRADED_AT_OLDER_CLOSE', name, trades });
  });
  journal.staleFrom.forEach((session, name) => {
    if (session >= 0) warnings.push({ kind: 'PRICE_STALE', name, session });
  });
  return warnings;
}
