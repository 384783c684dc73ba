/** What contracts have the writers do: their UTIs and their methods come into positions. */

import { invariant, PlatformError } from '#platform/errors';
import { decide, type PositionRefusalReason } from '../domain/position-decider.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { PendingContract } from '../store/pending-contracts.ts';
import type { PositionRepository } from '../store/positions.ts';
import type { MethodChange } from './apply-contract-methods.ts';
import type { WriteCommand, WriteOutcome } from './decide-batch.ts';
import type { PartitionWriters } from './partition-writers.ts';

export const CONTRACTS_SOURCE = 'contracts';
/** Nobody asked: the platform does it by itself. */
const CONTRACTS_USER = 'contract-service';

export interface ContractCommandsDeps {
  readonly writers: Pick<PartitionWriters, 'submit'>;
  readonly positions: Pick<PositionRepository, 'byKeys'>;
}

type ContractCommand = WriteCommand<PositionRefusalReason>;

/** Once per trade, whoever asks and however often. */
export async function noteContract(
  { writers }: Pick<ContractCommandsDeps, 'writers'>,
  { trade, correlationId, eventId }: PendingContract,
  uti: string,
): Promise<void> {
  const { tradeId, key, effectiveDate } = trade;
  const command: ContractCommand = {
    key,
    once: { commandId: `uti ${tradeId}`, requestHash: uti },
    origin: {
      source: CONTRACTS_SOURCE,
      user: CONTRACTS_USER,
      correlationId,
      causationId: eventId,
    },
    decide: (position) => decide(position, { type: 'NoteContract', tradeId, uti, effectiveDate }),
  };
  requireDone(await writers.submit([command]), tradeId);
}

/** Once per position and definition. A position that has the method by now is left as it is. */
export async function changeMethods(
  { writers, positions }: ContractCommandsDeps,
  changes: readonly MethodChange[],
): Promise<void> {
  const found = await positions.byKeys(changes.map(({ positionKey }) => positionKey));
  const commands = changes.map((change) => {
    const summary = found.get(change.positionKey);
    invariant(summary, `position ${change.positionKey} of a contract is stored`);
    return methodCommand(summary.key, change);
  });
  requireDone(await writers.submit(commands), changes[0]?.contractId ?? '');
}

function methodCommand(key: PositionKey, change: MethodChange): ContractCommand {
  const { contractId, version, method, effectiveDate, user, correlationId } = change;
  return {
    key,
    once: {
      commandId: `method ${contractId} ${version} ${key.text}`,
      requestHash: `${method} ${effectiveDate}`,
    },
    origin: {
      source: CONTRACTS_SOURCE,
      user,
      correlationId,
      causationId: `${contractId}#${version}`,
    },
    decide: (position, { today }) =>
      decide(position, { type: 'ChangeMethod', contractId, method, effectiveDate, today }),
  };
}

/** A refusal says that there is nothing to do, or never will be: asking again would not help. */
function requireDone(outcomes: readonly WriteOutcome[], what: string): void {
  if (outcomes.some(({ type }) => type === 'NOT_PROCESSED')) {
    throw new PlatformError('UPSTREAM_UNAVAILABLE', `${what}: its event could not be written`);
  }
}
