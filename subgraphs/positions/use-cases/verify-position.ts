/** Checks what is kept of a position against its history, and the history against itself. */

import { invariant } from '#platform/errors';
import { evolve } from '../domain/evolve.ts';
import { foldAsOf } from '../domain/fold.ts';
import { initialPosition, type Position } from '../domain/position.ts';
import type { PositionEvent } from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { type Difference, differencesBetween } from '../domain/position-verification.ts';
import type { HistoryEvent } from '../domain/timeline.ts';
import type { ChainedEvent, EventChain } from '../store/event-chain.ts';
import type { UncheckedPosition } from '../store/stored-positions.ts';
import type { ReplaySlots } from './replay-slots.ts';

/** Read and checked between two breaths, so that nobody else waits for long. */
export const MAX_EVENTS_PER_CHECK = 500;
/** The first of all that are found. */
export const MAX_DIFFERENCES_SHOWN = 100;

export interface VerifyPositionDeps {
  readonly chain: EventChain;
  readonly replays: ReplaySlots;
  readonly monotonicMs: () => number;
}

export interface PositionVerification {
  /** Of the snapshot; 0 when there is none. */
  readonly version: number;
  readonly eventsReplayed: number;
  /** In order of the checks; at most MAX_DIFFERENCES_SHOWN. */
  readonly differences: readonly Difference[];
  readonly differenceCount: number;
  /** Every hash is that of its event and of the hash before it. */
  readonly isChainIntact: boolean;
  /** The first event that has another hash than its content; null when the chain is intact. */
  readonly brokenAtVersion: number | null;
  /** Of the last event; null while it has none. */
  readonly lastHash: string | null;
  readonly tookMs: number;
}

/**
 * The snapshot must be what the recorded effects come to, and what the facts come to when they are
 * replayed from the first; versions without gaps, times of recording growing, hashes chained, and
 * for every trade the one command that recorded it.
 *
 * What was appended after the snapshot was read is left to the next check. Somebody who may write
 * all tables can write the hashes anew, too: keep `lastHash` elsewhere to see that.
 */
export async function verifyPosition(
  { chain, replays, monotonicMs }: VerifyPositionDeps,
  key: PositionKey,
): Promise<PositionVerification> {
  const startedMs = monotonicMs();
  return replays.run(async () => {
    const stored = await chain.stored(key);
    const version = stored?.version ?? 0;
    const check = await checkEvents(chain, key, version);
    const { differences, known, brokenAtVersion } = check;
    if (stored !== undefined) compareSnapshot(check, stored);
    const lastHash = stored?.lastHash ?? null;
    if (lastHash !== check.lastHash) {
      differences.push({ field: 'lastHash', snapshot: lastHash, replay: check.lastHash });
    }
    return {
      version,
      eventsReplayed: known.length,
      differences: differences.slice(0, MAX_DIFFERENCES_SHOWN),
      differenceCount: differences.length,
      isChainIntact: brokenAtVersion === null && lastHash === check.lastHash,
      brokenAtVersion,
      lastHash,
      tookMs: monotonicMs() - startedMs,
    };
  });
}

function compareSnapshot(check: Check, stored: UncheckedPosition): void {
  const { position, lotCount, isReadable } = stored;
  if (!isReadable) return found(check, 'snapshot', 'cannot be read', null);
  const { lots } = position;
  if (lotCount !== lots.length) {
    found(check, 'lotCount', String(lotCount), `${lots.length} lots stored`);
  }
  if (!check.isReadable) return;
  check.differences.push(...differencesBetween(position, foldAsOf(check.known)));
  check.differences.push(...effectDifferences(position, check.replayed));
}

/** What the recorded effects say, where that is not what the snapshot says. */
function effectDifferences(snapshot: Position, replayed: Position): readonly Difference[] {
  return differencesBetween(snapshot, replayed).map((each) => ({
    ...each,
    field: `recordedEffects.${each.field}`,
  }));
}

interface Check {
  readonly differences: Difference[];
  /** Without the lots that trades took: a replay finds them again. */
  readonly known: HistoryEvent[];
  /** By the recorded effects. */
  replayed: Position;
  isReadable: boolean;
  brokenAtVersion: number | null;
  lastHash: string | null;
  lastRecordedAt: string;
  lastVersion: number;
}

async function checkEvents(chain: EventChain, key: PositionKey, upTo: number): Promise<Check> {
  const check: Check = {
    differences: [],
    known: [],
    replayed: initialPosition,
    isReadable: true,
    brokenAtVersion: null,
    lastHash: null,
    lastRecordedAt: '',
    lastVersion: 0,
  };
  for (;;) {
    const page = await chain.page(key, {
      after: check.lastVersion,
      upTo,
      limit: MAX_EVENTS_PER_CHECK,
      previousHash: check.lastHash,
    });
    for (const each of page) checkEvent(check, key, each);
    if (page.length < MAX_EVENTS_PER_CHECK) break;
  }
  missing(check, upTo + 1);
  return check;
}

function checkEvent(check: Check, key: PositionKey, each: ChainedEvent): void {
  const { version, event, hash, computedHash, recordedAt } = each;
  missing(check, version);
  // Before chains were kept there is no hash; behind the first one every event has its own.
  const isUnchained = hash === null && check.lastHash === null;
  if (!isUnchained && hash !== computedHash) {
    check.brokenAtVersion ??= version;
    found(check, `events[${version}].hash`, hash, computedHash);
  }
  if (recordedAt <= check.lastRecordedAt) {
    found(check, `events[${version}].recordedAt`, recordedAt, `after ${check.lastRecordedAt}`);
  }
  check.lastHash = hash;
  check.lastRecordedAt = recordedAt;
  check.lastVersion = version;
  if (event === null) {
    check.isReadable = false;
    found(check, `events[${version}].payload`, 'cannot be read', null);
    return;
  }
  checkCommand(check, key, { ...each, event });
  check.known.push({ version, event: withoutTrail(event) });
  check.replayed = evolve(check.replayed, event);
}

function missing(check: Check, version: number): void {
  if (version === check.lastVersion + 1) return;
  invariant(version > check.lastVersion, 'events are read in version order');
  check.isReadable = false;
  found(check, 'events', null, `${check.lastVersion + 1} to ${version - 1}`);
}

/** The command that recorded a trade has the trade's id: without it, it could be counted twice. */
function checkCommand(
  check: Check,
  key: PositionKey,
  { event, version, command }: ChainedEvent & { readonly event: PositionEvent },
): void {
  if (!('classification' in event)) return;
  const expected = `${key.text} ${version}`;
  const kept = command && `${command.positionKey} ${command.eventVersion}`;
  if (kept !== expected) found(check, `commands[${event.trade.tradeId}]`, kept, expected);
}

function found(check: Check, field: string, snapshot: string | null, replay: string | null): void {
  check.differences.push({ field, snapshot, replay });
}

function withoutTrail(event: PositionEvent): PositionEvent {
  return 'allocations' in event ? { ...event, allocations: [] } : event;
}
