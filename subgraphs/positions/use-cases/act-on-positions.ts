/** Brings what concerns an instrument into its positions: corporate actions and price resets. */

import type { BusinessDate } from '#kernel/business-date';
import type { Decision } from '#kernel/decision';
import type { LotEventRefusalReason } from '../domain/lot-event-refusal.ts';
import type { Position } from '../domain/position.ts';
import type { PositionEvent } from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import type { ConcernedPositions, InstrumentPositions } from '../store/instrument-positions.ts';
import type { WriteCommand, WriteOutcome } from './decide-batch.ts';
import type { RecordTradesDeps } from './record-trades.ts';

/** Of one request; whoever has more goes on behind the last one. */
export const MAX_POSITIONS_PER_REQUEST = 500;

export interface ActOnPositionsDeps extends Pick<
  RecordTradesDeps,
  'writers' | 'fingerprint' | 'instruments' | 'limits' | 'clock'
> {
  readonly instrumentPositions: InstrumentPositions;
}

export interface InstrumentCommand {
  readonly concerned: ConcernedPositions;
  /** Carried out once in each position under this id. */
  readonly commandId: string;
  /** The whole command in one form. */
  readonly content: string;
  /** Key of the position to go on after; null for the first page. */
  readonly after: string | null;
  readonly origin: CommandOrigin;
  /** Pure: may be asked again. */
  readonly decide: (
    position: Position,
    facts: { readonly today: BusinessDate },
  ) => Decision<PositionEvent, LotEventRefusalReason>;
}

export interface PositionResult {
  readonly key: PositionKey;
  /** NOT_OPEN: there was nothing to act on, and nothing late to look at. */
  readonly outcome: 'APPLIED' | 'DUPLICATE' | 'NOT_OPEN' | 'REFUSED';
  /** Null when nothing was written, now or before. */
  readonly eventVersion: number | null;
  /** Right after it; null when nothing was written now. */
  readonly position: Position | null;
  readonly reason: LotEventRefusalReason | 'NOT_PROCESSED' | null;
  readonly message: string | null;
}

export interface ActedOnPositions {
  readonly type: 'DONE';
  /** In order of key. */
  readonly results: readonly PositionResult[];
  /** Null when no position is left. */
  readonly nextAfter: string | null;
}

/** Undefined when the command id belongs to another command. Asking again acts on none twice. */
export async function actOnPositions(
  { writers, instrumentPositions, fingerprint }: ActOnPositionsDeps,
  command: InstrumentCommand,
): Promise<ActedOnPositions | undefined> {
  const { concerned, commandId, origin, decide } = command;
  const requestHash = fingerprint(command.content).text;
  if (await instrumentPositions.isTaken(concerned, { commandId, requestHash })) return undefined;
  const page = { after: command.after ?? '', limit: MAX_POSITIONS_PER_REQUEST + 1 };
  const found = await instrumentPositions.page(concerned, page);
  const keys = found.slice(0, MAX_POSITIONS_PER_REQUEST);
  const outcomes = await writers.submit(
    keys.map((key): WriteCommand<LotEventRefusalReason> => ({
      key,
      once: { commandId: `${commandId} ${key.text}`, requestHash },
      origin,
      decide,
    })),
  );
  return {
    type: 'DONE',
    results: keys.flatMap((key, index) => {
      const outcome = outcomes[index];
      return outcome === undefined ? [] : [resultOf(key, outcome)];
    }),
    nextAfter: found.length > keys.length ? (keys.at(-1)?.text ?? null) : null,
  };
}

function resultOf(key: PositionKey, outcome: WriteOutcome<LotEventRefusalReason>): PositionResult {
  const nothing = { eventVersion: null, position: null, reason: null, message: null };
  switch (outcome.type) {
    case 'RECORDED': {
      const { eventVersion, position } = outcome;
      const isNew = position !== null;
      return { ...nothing, key, outcome: isNew ? 'APPLIED' : 'DUPLICATE', eventVersion, position };
    }
    case 'REFUSED': {
      const { reason, message } = outcome;
      if (reason === 'NOTHING_OPEN') return { ...nothing, key, outcome: 'NOT_OPEN' };
      return { ...nothing, key, outcome: 'REFUSED', reason, message };
    }
    case 'UNCHANGED':
      return { ...nothing, key, outcome: 'NOT_OPEN' };
    case 'ID_TAKEN':
    case 'NOT_PROCESSED': {
      const message = 'it could not be stored; operations will look at it';
      return { ...nothing, key, outcome: 'REFUSED', reason: 'NOT_PROCESSED', message };
    }
  }
}
