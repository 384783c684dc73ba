/** Decides the commands of a batch one after the other, each on what the one before left. */

import type { BusinessDate } from '#kernel/business-date';
import type { Decision } from '#kernel/decision';
import { evolve } from '../domain/evolve.ts';
import { initialPosition, type Position } from '../domain/position.ts';
import type { PositionEvent } from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { KnownEvent } from '../domain/timeline.ts';
import type { TradeClassification } from '../domain/trade-classification.ts';
import type { KeptCommand, NewEvent, NewSnapshot } from '../store/batch-rows.ts';
import type { WriteBatch } from '../store/batch-statement.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import type { StoredPosition } from '../store/stored-position.ts';
import type { HistoryAsked, StoredOutcome } from '../store/trade-batches.ts';

/** What is to be done with one position, on its way to the writer of its partition. */
export interface WriteCommand<Reason extends string = string> {
  readonly key: PositionKey;
  /**
   * Carried out once under this id, which is that of the trade or has a blank in it; the same
   * command again gets the first answer. Null: each time it comes.
   */
  readonly once: KeptCommand | null;
  readonly origin: CommandOrigin;
  /** Which events `decide` is to see; left out: none. */
  readonly history?: HistoryAsked;
  /** Pure: may be asked again, on another state of the position. */
  readonly decide: (position: Position, facts: CommandFacts) => Decision<PositionEvent, Reason>;
}

export interface CommandFacts {
  /** Business date of the book. */
  readonly today: BusinessDate;
  /**
   * The events asked for, in version order, with those that commands before this one have just
   * added; null when there are too many.
   */
  readonly history: readonly KnownEvent[] | null;
}

export interface Recorded {
  readonly type: 'RECORDED';
  readonly key: PositionKey;
  /** Of the event that answers the command. */
  readonly eventVersion: number;
  /** Of a trade; null for other commands. */
  readonly classification: TradeClassification | null;
  /** Of a trade; null when it is still to be generated, and for other commands. */
  readonly uti: string | null;
  /** The position after it; null for a command that was carried out before. */
  readonly position: Position | null;
}

export type WriteOutcome<Reason extends string = string> =
  | Recorded
  /** There was nothing to do. */
  | { readonly type: 'UNCHANGED'; readonly position: Position }
  | { readonly type: 'REFUSED'; readonly reason: Reason; readonly message: string }
  /** Its id belongs to a command with other content. */
  | { readonly type: 'ID_TAKEN'; readonly eventVersion: number; readonly positionKey: string }
  /** It passed every rule and could not be stored. */
  | { readonly type: 'NOT_PROCESSED' };

export interface BatchFacts {
  /** By command id. */
  readonly stored: ReadonlyMap<string, StoredOutcome>;
  /** By position key; one without history may be left out. */
  readonly positions: ReadonlyMap<string, StoredPosition>;
  /** Of the commands that ask for events; null when there are too many. */
  readonly histories: ReadonlyMap<WriteCommand, readonly KnownEvent[] | null>;
  readonly today: BusinessDate;
  readonly nowMs: number;
}

export interface DecidedBatch {
  readonly outcomes: readonly WriteOutcome[];
  readonly writes: WriteBatch;
}

const NOTHING_STORED: StoredPosition = { position: initialPosition, lastHash: null, chunks: null };

export function decideBatch(commands: readonly WriteCommand[], facts: BatchFacts): DecidedBatch {
  const accepted = new Map<string, StoredOutcome>(facts.stored);
  const touched = new Map<string, NewSnapshot>();
  const events: NewEvent[] = [];

  const outcomes = commands.map((command): WriteOutcome => {
    const { key, once } = command;
    const earlier = once === null ? undefined : accepted.get(once.commandId);
    if (once !== null && earlier !== undefined) return repeated(key, once, earlier);

    const before = touched.get(key.text)?.before ?? facts.positions.get(key.text);
    const position = touched.get(key.text)?.position ?? before?.position;
    const stored = before ?? NOTHING_STORED;
    const history = historyFor(command, facts, events);
    const decision = command.decide(position ?? stored.position, { today: facts.today, history });
    if (!decision.ok) {
      const { reason, message = reason } = decision;
      return { type: 'REFUSED', reason, message };
    }
    const added = append(command, position ?? stored.position, decision.events);
    const answer = added.find((each) => each.command !== null) ?? added.at(-1);
    const after = added.at(-1)?.after;
    if (answer === undefined || after === undefined) {
      return { type: 'UNCHANGED', position: position ?? stored.position };
    }
    events.push(...added);
    touched.set(key.text, { key, before: stored, position: after });
    const recorded = recordedOf(key, answer, after);
    if (once !== null) {
      const { requestHash } = once;
      const { eventVersion, classification, uti } = recorded;
      const positionKey = key.text;
      const outcome = { requestHash, positionKey, eventVersion, classification, uti };
      accepted.set(once.commandId, outcome);
    }
    return recorded;
  });
  return { outcomes, writes: { events, snapshots: [...touched.values()] } };
}

/** The same command gets the first answer again; another one under its id is told so. */
function repeated(key: PositionKey, once: KeptCommand, earlier: StoredOutcome): WriteOutcome {
  const { eventVersion, positionKey, classification, uti } = earlier;
  if (earlier.requestHash !== once.requestHash) {
    return { type: 'ID_TAKEN', eventVersion, positionKey };
  }
  return { type: 'RECORDED', key, eventVersion, classification, uti, position: null };
}

function historyFor(
  command: WriteCommand,
  { histories, nowMs }: BatchFacts,
  added: readonly NewEvent[],
): readonly KnownEvent[] | null {
  const { history: asked, key } = command;
  if (asked === undefined) return [];
  const stored = histories.get(command) ?? null;
  if (stored === null) return null;
  const last = stored.at(-1)?.version ?? 0;
  const justAdded = added
    .filter((each) => each.key.text === key.text && each.after.version > last)
    .map(({ event, after }) => ({ event, version: after.version, recordedAtMs: nowMs }));
  return [...stored, ...justAdded];
}

function append(
  { key, once, origin }: WriteCommand,
  before: Position,
  decided: readonly PositionEvent[],
): readonly NewEvent[] {
  const answering = decided.findLastIndex(({ type }) => type !== 'WASH_SALE_ADJUSTED');
  let after = before;
  return decided.map((event, index): NewEvent => {
    after = evolve(after, event);
    return { key, event, after, origin, command: index === answering ? once : null };
  });
}

function recordedOf(key: PositionKey, { event, after }: NewEvent, position: Position): Recorded {
  return {
    type: 'RECORDED',
    key,
    eventVersion: after.version,
    classification: 'classification' in event ? event.classification : null,
    uti: 'uti' in event ? event.uti : null,
    position,
  };
}
