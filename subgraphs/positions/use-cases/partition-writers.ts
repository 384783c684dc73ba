/**
 * One writer per partition, with natural group commit: what arrives while a batch commits is the
 * next batch (`write-queues.ts`). Nobody waits for a timer, and nobody for a lock.
 *
 * What was written last is kept in memory. The version in the event store's key guards against a
 * second process: then the batch is decided again on what is stored now.
 */

import { PARTITION_COUNT, partitionOf } from '#kernel/partition';
import type { Clock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import type { Logger } from '#platform/logger';
import type { KnownEvent } from '../domain/timeline.ts';
import type { Checkpoints } from '../store/checkpoints.ts';
import type { PositionCache } from '../store/position-cache.ts';
import type { TradeBatchStore } from '../store/trade-batches.ts';
import {
  type BatchFacts,
  decideBatch,
  type WriteCommand,
  type WriteOutcome,
} from './decide-batch.ts';
import { createWriteQueues } from './write-queues.ts';

export const MAX_TRADES_PER_BATCH = 64;
/** Over all partitions, waiting or being written. */
export const MAX_TRADES_IN_FLIGHT = 5_000;
/** Batches being written at once. Fewer are fuller: with more, each trade costs and waits more. */
export const MAX_BATCHES_IN_FLIGHT = 2;
/**
 * Batches whose ids are looked up first, after the start and after each that held a command sent
 * before. Others find out when they are written, and are decided again.
 */
export const BATCHES_LOOKED_UP = 1_000;
/** Stored events that one command is decided on. */
export const MAX_HISTORY_PER_COMMAND = 2_000;
/** Before the second, third and fourth attempt of a batch. */
export const RETRY_PAUSES_MS = [10, 20, 40] as const;

export interface PartitionWritersDeps {
  readonly batches: TradeBatchStore;
  readonly positions: PositionCache;
  readonly checkpoints: Pick<Checkpoints, 'offer'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Waits about that long. */
  readonly pause: (ms: number) => Promise<void>;
  readonly onBatch?: (trades: number) => void;
}

interface WriterDeps extends PartitionWritersDeps {
  readonly repeats: ReturnType<typeof expectRepeats>;
}

/** Whether commands that were sent before are to be expected: where one was, more come. */
function expectRepeats() {
  let batches = BATCHES_LOOKED_UP;
  return {
    seen(): void {
      batches = BATCHES_LOOKED_UP;
    },
    areExpected(): boolean {
      if (batches === 0) return false;
      batches -= 1;
      return true;
    },
  };
}

interface Waiting {
  readonly command: WriteCommand;
  readonly sinceMs: number;
  readonly resolve: (outcome: WriteOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export type PartitionWriters = ReturnType<typeof createPartitionWriters>;

export function createPartitionWriters(parts: PartitionWritersDeps) {
  const deps: WriterDeps = { ...parts, repeats: expectRepeats() };
  let inFlight = 0;
  let isStopped = false;
  const queues = createWriteQueues<Waiting>({
    partitions: PARTITION_COUNT,
    maxBatch: MAX_TRADES_PER_BATCH,
    places: MAX_BATCHES_IN_FLIGHT,
    async write(batch) {
      await writeBatch(deps, batch);
      inFlight -= batch.length;
    },
  });

  return {
    /**
     * Answers in the order given, once every command is durable or refused. Takes all of them or,
     * with RATE_LIMITED, none. Rejects when one of them could not be written: then the others may
     * be in or not, and sending all again is safe.
     */
    async submit<Reason extends string>(
      commands: readonly WriteCommand<Reason>[],
    ): Promise<readonly WriteOutcome<Reason>[]> {
      if (isStopped) throw new PlatformError('UPSTREAM_UNAVAILABLE', 'positions are shutting down');
      requireRoom(inFlight + commands.length);
      const sinceMs = deps.clock.nowMs();
      const settled = await Promise.allSettled(
        commands.map(
          (command) =>
            new Promise<WriteOutcome<Reason>>((resolve, reject) => {
              // The reasons of an outcome are those of its command.
              const settle = resolve as (outcome: WriteOutcome) => void;
              inFlight += 1;
              queues.push(partitionOf(command.key.text), {
                command,
                sinceMs,
                resolve: settle,
                reject,
              });
            }),
        ),
      );
      return settled.map((each) => {
        if (each.status === 'rejected') throw each.reason;
        return each.value;
      });
    },

    inFlight: () => inFlight,

    /** How long the command that waits longest has waited to be written; 0 when none waits. */
    oldestWaitingMs(): number {
      const nowMs = deps.clock.nowMs();
      return Math.max(0, ...queues.heads().map(({ sinceMs }) => nowMs - sinceMs));
    },

    /** Takes nothing new and resolves when what is in hand is written. */
    async stop(): Promise<void> {
      isStopped = true;
      await queues.drained();
    },
  };
}

function requireRoom(wouldBeInFlight: number): void {
  if (wouldBeInFlight <= MAX_TRADES_IN_FLIGHT) return;
  throw new PlatformError(
    'RATE_LIMITED',
    `expected at most ${MAX_TRADES_IN_FLIGHT} trades in flight, would be ${wouldBeInFlight}; ` +
      'send them again in a moment',
    { details: { limit: 'MAX_TRADES_IN_FLIGHT' } },
  );
}

type StoredOutcomes = BatchFacts['stored'];
const NONE_STORED: StoredOutcomes = new Map();

/** Settles every command of the batch; never rejects. */
async function writeBatch(deps: WriterDeps, batch: readonly Waiting[]): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const commands = batch.map(({ command }) => command);
      const looksUp = deps.repeats.areExpected() || attempt > 0;
      const stored = looksUp ? deps.batches.outcomesOf(idsOf(commands)) : NONE_STORED;
      const outcomes = await attemptBatch(deps, commands, stored);
      batch.forEach(({ resolve }, index) => {
        const outcome = outcomes[index];
        if (outcome !== undefined) resolve(outcome);
      });
      return;
    } catch (error) {
      for (const { command } of batch) deps.positions.delete(command.key.text);
      const pauseMs = RETRY_PAUSES_MS[attempt];
      if (pauseMs === undefined) return giveUp(deps, batch, error);
      await deps.pause(pauseMs);
    }
  }
}

async function attemptBatch(
  deps: WriterDeps,
  commands: readonly WriteCommand[],
  found: StoredOutcomes | Promise<StoredOutcomes>,
): Promise<readonly WriteOutcome[]> {
  const { batches, clock } = deps;
  const keys = [...new Set(commands.map(({ key }) => key.text))];
  const unknown = keys.filter((key) => !deps.positions.has(key));
  const [stored, loaded] = await Promise.all([
    found,
    unknown.length === 0 ? undefined : batches.load(unknown),
  ]);
  if (stored.size > 0) deps.repeats.seen();
  const positions = new Map(loaded);
  for (const key of keys) {
    const kept = deps.positions.get(key);
    if (kept !== undefined) positions.set(key, kept);
  }
  const histories = await loadHistories(batches, commands, positions);
  const facts = { stored, positions, histories, today: clock.today(), nowMs: clock.nowMs() };
  let decided = decideBatch(commands, facts);
  const doubtful = commands.filter((_, index) => hasNothingToWrite(decided.outcomes[index]));
  if (doubtful.length > 0) {
    decided = decideBatch(commands, await factsAnew(batches, doubtful, facts));
  }
  const { events, snapshots } = decided.writes;
  if (events.length > 0) {
    const written = await batches.commit(decided.writes);
    written.forEach((after, index) => {
      const snapshot = snapshots[index];
      if (snapshot === undefined) return;
      deps.positions.set(snapshot.key.text, after);
      deps.checkpoints.offer(snapshot.key, snapshot.before.position, after.position);
    });
    deps.onBatch?.(events.length);
  }
  return decided.outcomes;
}

/**
 * For answers that write nothing, which no conflict puts right when another process has written
 * meanwhile. The ids come last: a command that the figures show already is among them then, and
 * gets its first answer rather than a refusal.
 */
async function factsAnew(
  batches: TradeBatchStore,
  doubtful: readonly WriteCommand[],
  facts: BatchFacts,
): Promise<BatchFacts> {
  const keys = [...new Set(doubtful.map(({ key }) => key.text))];
  const positions = await batches.load(keys);
  const histories = await loadHistories(batches, doubtful, positions);
  const stored = await batches.outcomesOf(idsOf(doubtful));
  return {
    ...facts,
    positions: new Map([...facts.positions, ...positions]),
    histories: new Map([...facts.histories, ...histories]),
    stored: new Map([...facts.stored, ...stored]),
  };
}

const idsOf = (commands: readonly WriteCommand[]): readonly string[] =>
  commands.flatMap(({ once }) => (once === null ? [] : [once.commandId]));

function hasNothingToWrite(outcome: WriteOutcome | undefined): boolean {
  return outcome?.type === 'REFUSED' || outcome?.type === 'UNCHANGED';
}

/**
 * Of the moment of the positions, which were loaded before: so nothing is missing, and what came
 * after is left out. Otherwise a trade might be changed that the figures do not hold any longer.
 */
async function loadHistories(
  batches: TradeBatchStore,
  commands: readonly WriteCommand[],
  positions: BatchFacts['positions'],
): Promise<BatchFacts['histories']> {
  const asking = commands.flatMap((command) =>
    command.history === undefined ? [] : [{ command, asked: command.history }],
  );
  const entries = await Promise.all(
    asking.map(
      async ({ command, asked }): Promise<[WriteCommand, readonly KnownEvent[] | null]> => {
        const { key } = command;
        const last = positions.get(key.text)?.position.version ?? 0;
        const events = await batches.history(key, asked, MAX_HISTORY_PER_COMMAND);
        return [command, events?.filter(({ version }) => version <= last) ?? null];
      },
    ),
  );
  return new Map(entries);
}

/** After the last attempt: halves the batch until the command that spoils it is alone. */
async function giveUp(deps: WriterDeps, batch: readonly Waiting[], error: unknown): Promise<void> {
  const failure = deps.batches.failureOf(error);
  if (failure === 'UNAVAILABLE') {
    const away = new PlatformError('UPSTREAM_UNAVAILABLE', 'the database does not answer', {
      cause: error,
    });
    for (const { reject } of batch) reject(away);
    return;
  }
  const [only, another] = batch;
  if (only === undefined) return;
  if (another !== undefined) {
    const middle = Math.ceil(batch.length / 2);
    await writeBatch(deps, batch.slice(0, middle));
    await writeBatch(deps, batch.slice(middle));
    return;
  }
  const { key, once } = only.command;
  if (failure === 'CONFLICT') {
    const message = `${key.text} was changed by others during every attempt`;
    only.reject(new PlatformError('VERSION_CONFLICT', message, { cause: error }));
    return;
  }
  const commandId = once?.commandId ?? null;
  deps.logger.error({ err: error, commandId, positionKey: key.text }, 'a command was not stored');
  only.resolve({ type: 'NOT_PROCESSED' });
}
