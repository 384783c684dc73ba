/**
 * Contracts that were not to be had in time: asked for again, until they are there.
 *
 * A late trade waits for its correction first, and gets a contract only when the corrected position
 * is still open.
 */

import type { Backoff } from '#platform/backoff';
import type { Logger } from '#platform/logger';
import type { PendingContract, PendingContracts } from '../store/pending-contracts.ts';
import type { ContractGenerator } from './contract-generator.ts';

export const MAX_CONTRACTS_PER_ROUND = 200;
/** A process that dies with contracts in hand leaves them to the others after this. */
export const CLAIMED_FOR_MS = 30_000;
/** Without end, as every trade needs its contract; an hour apart at most is no load. */
export const PENDING_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 600_000 };

export interface SettleContractsDeps {
  readonly pending: PendingContracts;
  /** With more time than a trade on its way has. */
  readonly generator: ContractGenerator;
  /** Appends CONTRACT_GENERATED to the trade's position, once. */
  readonly noteContract: (pending: PendingContract, uti: string) => Promise<void>;
  readonly backoffMs: (attempt: number, backoff: Backoff) => number;
  readonly logger: Logger;
}

/** One round; answers how many it took up, so that a full round is followed by the next at once. */
export async function settleContracts(deps: SettleContractsDeps): Promise<number> {
  const { pending, generator } = deps;
  const claimed = await pending.claim({ limit: MAX_CONTRACTS_PER_ROUND, forMs: CLAIMED_FOR_MS });
  const closed = claimed.filter(({ isUnneeded }) => isUnneeded);
  if (closed.length > 0) {
    await pending.settle(closed.map(({ trade }) => ({ tradeId: trade.tradeId, uti: null })));
  }
  const open = claimed.filter(({ isUnneeded }) => !isUnneeded);
  if (open.length === 0) return claimed.length;
  try {
    const utis = await generator.generate(open.map(({ trade }) => trade));
    await noteAll(deps, open, utis);
  } catch (error) {
    deps.logger.warn({ err: error, trades: open.length }, 'no contracts for now, will ask again');
    await putOff(deps, open, error);
  }
  return claimed.length;
}

/** A position whose event cannot be written now keeps no other from its contract. */
async function noteAll(
  deps: SettleContractsDeps,
  open: readonly PendingContract[],
  utis: readonly string[],
): Promise<void> {
  const noted = await Promise.allSettled(
    open.map((each, index) => deps.noteContract(each, utis[index] ?? '')),
  );
  const settled = open.flatMap(({ trade }, index) =>
    noted[index]?.status === 'fulfilled'
      ? [{ tradeId: trade.tradeId, uti: utis[index] ?? '' }]
      : [],
  );
  await deps.pending.settle(settled);
  for (const [index, each] of open.entries()) {
    const result = noted[index];
    if (result?.status === 'rejected') await putOff(deps, [each], result.reason);
  }
}

async function putOff(
  { pending, backoffMs }: SettleContractsDeps,
  open: readonly PendingContract[],
  error: unknown,
): Promise<void> {
  const message = error instanceof Error ? error.message : 'unknown';
  await pending.putOff(
    open.map(({ trade, attempts }) => ({
      tradeId: trade.tradeId,
      afterMs: backoffMs(attempts + 1, PENDING_BACKOFF),
    })),
    message,
  );
}
