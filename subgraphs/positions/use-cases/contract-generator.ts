/** Where the contract of a trade and its UTI come from: this process, or a service beside it. */

import { utcDateOf } from '#kernel/business-date';
import type { Trade } from '../domain/trade.ts';
import { type UtiIssuer, utiOf } from '../domain/uti.ts';

export interface ContractGenerator {
  /** Asking takes time and uses up a number, so nothing is asked for that is not needed. */
  readonly isRemote: boolean;
  /**
   * The UTI of each trade, in the order given; rejects when there are none to be had now. A trade
   * that is asked for again, known by its id, has the UTI it got the first time.
   */
  generate(trades: readonly Trade[]): Promise<readonly string[]>;
}

export interface InProcessGeneratorDeps {
  readonly issuer: UtiIssuer;
  /** Equal for equal texts only. */
  readonly fingerprint: (text: string) => { readonly bits: bigint };
}

/** Trade ids never come twice, so neither do their fingerprints. Never fails. */
export function createInProcessGenerator({
  issuer,
  fingerprint,
}: InProcessGeneratorDeps): ContractGenerator {
  return {
    isRemote: false,
    generate: (trades) =>
      Promise.resolve(
        trades.map(({ tradeId, executedAtMs, effectiveDate }) => {
          const date = executedAtMs === null ? effectiveDate : utcDateOf(executedAtMs);
          return utiOf(issuer, date, fingerprint(tradeId).bits);
        }),
      ),
  };
}
