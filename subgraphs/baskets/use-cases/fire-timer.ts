/** Carries out what falls due, by the same way as every command. */

import type { VendorPlan } from '../domain/basket.ts';
import type { LifeCycleCommand } from '../domain/basket-command.ts';
import type { BasketReader } from '../store/basket-reader.ts';
import type { ReferenceDataReader } from '../store/reference-data.ts';
import type { DueTimer } from '../store/timers.ts';
import { platformAsks } from './ask-basket.ts';
import { loadReference } from './load-reference.ts';
import type { SystemDeps } from './submit-command.ts';

export interface RebalanceDue {
  readonly code: string;
  readonly versionNumber: number;
}

export interface FireTimerDeps extends SystemDeps {
  readonly vendors: readonly VendorPlan[];
  readonly reader: Pick<BasketReader, 'currentSymbols'>;
  readonly reference: ReferenceDataReader;
  /** Starts the rebalance when the official closes are there. */
  readonly rebalanceDue: (due: RebalanceDue) => Promise<'STARTED' | 'LATER'>;
}

/** LATER with the reason when it cannot be done yet: it has to be tried again. */
export type Fired =
  { readonly outcome: 'DONE' } | { readonly outcome: 'LATER'; readonly why: string };

const DONE: Fired = { outcome: 'DONE' };

export async function fireTimer(deps: FireTimerDeps, timer: DueTimer): Promise<Fired> {
  const { code, versionNumber } = timer;
  if (timer.kind === 'START_REBALANCE') {
    const result = await deps.rebalanceDue({ code, versionNumber: versionNumber ?? 0 });
    return result === 'STARTED' ? DONE : { outcome: 'LATER', why: 'closes are missing' };
  }
  const outcome = await platformAsks(deps, code, await commandOf(deps, timer));
  return outcome.ok ? DONE : { outcome: 'LATER', why: `${outcome.reason}: ${outcome.message}` };
}

async function commandOf(
  { vendors, reader, reference }: FireTimerDeps,
  { kind, code, versionNumber }: DueTimer,
): Promise<LifeCycleCommand> {
  switch (kind) {
    case 'BACKTEST_TIMEOUT':
      return { type: 'TimeOutBacktest' };
    case 'APPROVAL_EXPIRED':
      return { type: 'ExpireApproval' };
    case 'LAUNCH_DUE': {
      const symbols = await reader.currentSymbols(code);
      return { type: 'Launch', vendors, reference: await loadReference(reference, symbols) };
    }
    case 'LISTING_EXHAUSTED':
      return { type: 'ExhaustListing', reason: null };
    case 'REBALANCE_FAILED':
      return { type: 'FailRebalance', versionNumber: versionNumber ?? 0, reason: null };
    case 'DELISTING_COMPLETED':
      return { type: 'CompleteDelisting', isForced: false };
    case 'START_REBALANCE':
      throw new Error('a rebalance needs its closes');
  }
}
