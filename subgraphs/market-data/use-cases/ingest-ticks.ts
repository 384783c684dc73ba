/**
 * Ingests one batch of ticks, whoever sends them: judges each by the rules, numbers the accepted
 * ones, publishes them and hands them to the store. The caller passes batches one after the other.
 */

import type { Clock } from '#platform/clock';
import type { Judgement } from '../domain/judge-tick.ts';
import { judgeTick } from '../domain/judge-tick.ts';
import type { StoredTick } from '../domain/stored-tick.ts';
import type { HeldTick, JudgedTick, SourceTick, TickRule } from '../domain/tick.ts';
import type { TickFault } from '../domain/tick-rules-form.ts';
import type { HeldEnd, HeldRow } from '../store/tick-statements.ts';
import type { TickBook, TickEntry } from './tick-book.ts';

export const MAX_TICKS_PER_BATCH = 1_000;

/** What one batch changes in the store. */
export interface TickChange {
  readonly ticks: readonly StoredTick[];
  readonly held: readonly HeldRow[];
  readonly ended: readonly HeldEnd[];
}

export interface TickObserver {
  received(count: number): void;
  accepted(count: number): void;
  rejected(rule: TickRule, source: string): void;
  quarantined(rule: TickRule, source: string): void;
  /** Simulated ticks of a symbol that a market prices. */
  yielded(count: number): void;
  /** Held ticks that were confirmed or discarded. */
  ended(status: HeldEnd['status'], count: number): void;
}

export interface IngestDeps {
  readonly book: TickBook;
  readonly publish: (ticks: readonly StoredTick[]) => void;
  readonly store: { add(change: TickChange): void; room(): Promise<void> };
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly newId: () => string;
  readonly observer: TickObserver;
}

export interface IndexedFault extends TickFault {
  /** Place in the batch, from 0. */
  readonly index: number;
}

export interface IngestResult {
  /** How many of the batch; those held earlier and released now are not counted. */
  readonly accepted: number;
  readonly rejected: readonly IndexedFault[];
  readonly quarantined: readonly IndexedFault[];
}

export async function ingestTicks(
  deps: IngestDeps,
  ticks: readonly SourceTick[],
): Promise<IngestResult> {
  await deps.book.open(ticks);
  await deps.store.room();
  const nowMs = deps.clock.nowMs();
  const batch = newBatch(deps);
  ticks.forEach((tick, index) => {
    const entry = deps.book.entry(tick.symbol);
    if (entry === undefined) {
      batch.reject({ index, ...unknownSymbol(tick) }, tick.source);
      return;
    }
    const judgement = judgeTick(entry.state, tick, nowMs);
    entry.state = judgement.state;
    batch.record(entry, judgement, { index, source: tick.source, nowMs });
  });
  const { result, change, yielded } = batch;
  deps.observer.received(ticks.length);
  deps.observer.accepted(result.accepted);
  if (yielded.count > 0) deps.observer.yielded(yielded.count);
  if (change.ticks.length > 0) deps.publish(change.ticks);
  if (change.ticks.length + change.held.length + change.ended.length > 0) deps.store.add(change);
  return result;
}

interface Place {
  readonly index: number;
  readonly source: string;
  readonly nowMs: number;
}

/** Ids of the rows of held ticks; a held tick that is gone takes its id with it. */
const idsOfHeld = new WeakMap<HeldTick, string>();

function newBatch({ newId, observer }: IngestDeps) {
  const rejected: IndexedFault[] = [];
  const quarantined: IndexedFault[] = [];
  const result = { accepted: 0, rejected, quarantined };
  const change = { ticks: [] as StoredTick[], held: [] as HeldRow[], ended: [] as HeldEnd[] };
  const yielded = { count: 0 };

  const reject = (fault: IndexedFault, source: string): void => {
    rejected.push(fault);
    observer.rejected(fault.rule, source);
  };

  const hold = (entry: TickEntry, held: HeldTick, { index, source }: Place): void => {
    const id = newId();
    idsOfHeld.set(held, id);
    change.held.push({ id, instrumentId: entry.state.instrument.id, held });
    quarantined.push({ index, rule: held.rule, reason: held.reason });
    observer.quarantined(held.rule, source);
  };

  const end = (list: readonly HeldTick[], status: HeldEnd['status'], atMs: number): void => {
    if (list.length === 0) return;
    observer.ended(status, list.length);
    for (const held of list) {
      const id = idsOfHeld.get(held);
      if (id !== undefined) change.ended.push({ id, status, atMs });
    }
  };

  const record = (
    entry: TickEntry,
    { verdict, confirmed, discarded }: Judgement,
    place: Place,
  ): void => {
    end(confirmed, 'CONFIRMED', place.nowMs);
    end(discarded, 'DISCARDED', place.nowMs);
    switch (verdict.kind) {
      case 'ACCEPTED':
        for (const released of verdict.released) change.ticks.push(numbered(entry, released));
        change.ticks.push(numbered(entry, verdict.tick));
        result.accepted++;
        return;
      case 'REJECTED':
        reject({ index: place.index, rule: verdict.rule, reason: verdict.reason }, place.source);
        return;
      case 'QUARANTINED':
        hold(entry, verdict.held, place);
        return;
      case 'YIELDED':
        yielded.count++;
    }
  };

  return { result, change, yielded, reject, record };
}

function numbered(entry: TickEntry, tick: JudgedTick): StoredTick {
  entry.sequence += 1n;
  const { id, currency } = entry.state.instrument;
  return { instrumentId: id, currency, sequence: entry.sequence, supersedes: null, tick };
}

function unknownSymbol({ symbol }: SourceTick): TickFault {
  const reason = `expected the symbol of a known instrument, was "${symbol.slice(0, 40)}"`;
  return { rule: 'UNKNOWN_SYMBOL', reason };
}
