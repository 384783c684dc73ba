/** Changes of recorded trades on their way to the writers: busts, amendments, elections of lots. */

import type { BusinessDate } from '#kernel/business-date';
import { type Decision, refuse } from '#kernel/decision';
import { PlatformError } from '#platform/errors';
import type { Position } from '../domain/position.ts';
import type { RecordedTarget } from '../domain/position-command.ts';
import type { PositionEvent } from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { targetOf } from '../domain/target-trade.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import type { TradePlaces } from '../store/trade-places.ts';
import type { WriteCommand, WriteOutcome } from './decide-batch.ts';
import { MAX_HISTORY_PER_COMMAND } from './partition-writers.ts';
import type { RecordTradesDeps } from './record-trades.ts';

export const MAX_COMMAND_ID_LENGTH = 64;

export interface ChangeTradeDeps extends Pick<RecordTradesDeps, 'writers' | 'fingerprint'> {
  readonly tradePlaces: TradePlaces;
}

type CommonReason = 'UNKNOWN_TRADE' | 'TOO_MANY_CHANGES' | 'NOT_PROCESSED';

export interface TradeChange<Reason extends string> {
  readonly tradeId: string;
  /** Carried out once under this id, which has a blank in it. */
  readonly commandId: string;
  /** The whole command in one form: tells the same one again from another one. */
  readonly content: string;
  /** The answer to another command under this id. */
  readonly idTaken: { readonly reason: Reason; readonly message: string };
  readonly origin: CommandOrigin;
  /** Pure: may be asked again. The target is as it stands after all that was recorded before. */
  readonly decide: (
    position: Position,
    facts: { readonly today: BusinessDate; readonly target: RecordedTarget },
  ) => Decision<PositionEvent, Reason>;
}

export interface ChangedTrade {
  readonly type: 'CHANGED';
  readonly tradeId: string;
  readonly key: PositionKey;
  readonly eventVersion: number;
  /** Right after the change; null for a change that was made before. */
  readonly position: Position | null;
}

export interface RefusedChange<Reason extends string> {
  readonly type: 'REFUSED';
  readonly tradeId: string;
  readonly reason: Reason;
  readonly message: string;
}

export async function changeTrade<Reason extends string>(
  deps: ChangeTradeDeps,
  change: TradeChange<Reason>,
): Promise<ChangedTrade | RefusedChange<Reason | CommonReason>> {
  const { tradeId, commandId, content, origin } = change;
  const key = await deps.tradePlaces.placeOf(tradeId);
  if (key === undefined) {
    const message = `tradeId: expected one that is recorded, was ${JSON.stringify(tradeId)}`;
    return { type: 'REFUSED', tradeId, reason: 'UNKNOWN_TRADE', message };
  }
  const command: WriteCommand<Reason | CommonReason> = {
    key,
    once: { commandId, requestHash: deps.fingerprint(content).text },
    origin,
    history: { tradeId },
    decide: (position, { today, history }) => {
      if (history === null) {
        const most = `at most ${MAX_HISTORY_PER_COMMAND} events`;
        return refuse('TOO_MANY_CHANGES', `${tradeId}: expected ${most} about it, were more`);
      }
      const target = targetOf(history, tradeId);
      if (target === null) return refuse('UNKNOWN_TRADE', `${tradeId} is not in ${key.text}`);
      return change.decide(position, { today, target });
    },
  };
  const [outcome] = await deps.writers.submit([command]);
  return answerOf(change, outcome ?? { type: 'NOT_PROCESSED' });
}

function answerOf<Reason extends string>(
  { tradeId, idTaken }: TradeChange<Reason>,
  outcome: WriteOutcome<Reason | CommonReason>,
): ChangedTrade | RefusedChange<Reason | CommonReason> {
  switch (outcome.type) {
    case 'RECORDED': {
      const { key, eventVersion, position } = outcome;
      return { type: 'CHANGED', tradeId, key, eventVersion, position };
    }
    case 'REFUSED':
      return { ...outcome, tradeId };
    case 'ID_TAKEN':
      return { type: 'REFUSED', tradeId, ...idTaken };
    case 'UNCHANGED':
    case 'NOT_PROCESSED':
      return {
        type: 'REFUSED',
        tradeId,
        reason: 'NOT_PROCESSED',
        message: 'it passed every rule and could not be stored; operations will look at it',
      };
  }
}

/** Throws BAD_USER_INPUT: part of the id of a command, which has a blank before it. */
export function requireCommandId(field: string, id: string): void {
  if (id.length <= MAX_COMMAND_ID_LENGTH && /^[\x21-\x7e]+$/.test(id)) return;
  const expected = `1 to ${MAX_COMMAND_ID_LENGTH} printable ASCII characters without blanks`;
  throw new PlatformError('BAD_USER_INPUT', `${field}: expected ${expected}`);
}
