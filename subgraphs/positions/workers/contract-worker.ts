/** Round after round, settles what contracts left to be done behind the trades. */

import {
  applyContractMethods,
  type ApplyContractMethodsDeps,
  MAX_METHODS_PER_ROUND,
} from '../use-cases/apply-contract-methods.ts';
import {
  MAX_CONTRACTS_PER_ROUND,
  settleContracts,
  type SettleContractsDeps,
} from '../use-cases/settle-contracts.ts';

/** Between two rounds; none after a full one. */
export const ROUND_PAUSE_MS = 1_000;

export interface ContractWorkerDeps extends SettleContractsDeps, ApplyContractMethodsDeps {
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface ContractWorker {
  /** Lets the round in hand end. */
  stop(): Promise<void>;
}

/** Several processes may do so at once: a contract is claimed by one, a method is changed once. */
export function startContractWorker(deps: ContractWorkerDeps): ContractWorker {
  const stopping = new AbortController();
  const work = Promise.all([
    repeat(deps, stopping.signal, 'contracts could not be settled', async () => {
      return (await settleContracts(deps)) < MAX_CONTRACTS_PER_ROUND;
    }),
    repeat(deps, stopping.signal, 'relief methods could not be changed', async () => {
      return (await applyContractMethods(deps)) < MAX_METHODS_PER_ROUND;
    }),
  ]);
  return {
    async stop() {
      stopping.abort();
      await work;
    },
  };
}

/** `round` answers whether there was nothing left to do. */
async function repeat(
  { pause, logger }: Pick<ContractWorkerDeps, 'pause' | 'logger'>,
  signal: AbortSignal,
  complaint: string,
  round: () => Promise<boolean>,
): Promise<void> {
  while (!signal.aborted) {
    let isDone = true;
    try {
      isDone = await round();
    } catch (error) {
      logger.warn({ err: error }, complaint);
    }
    if (isDone) await pause(ROUND_PAUSE_MS, signal);
  }
}
