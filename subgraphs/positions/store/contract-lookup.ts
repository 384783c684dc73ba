/** Terms of contracts, kept in memory, so that a trade pays nothing for them. */

import { LRUCache } from 'lru-cache';
import { type Contract, termsOf } from '../domain/contract.ts';
import type { ContractTerms } from '../domain/contract-terms.ts';

const MAX_KEPT_CONTRACTS = 50_000;
/** How long other terms may stay unseen when the news of them was lost. */
const KEPT_FOR_MS = 10_000;

export type ContractLookup = ReturnType<typeof createContractLookup>;

export function createContractLookup(contracts: {
  byIds(contractIds: readonly string[]): Promise<ReadonlyMap<string, Contract>>;
}) {
  const kept = new LRUCache<string, ContractTerms>({ max: MAX_KEPT_CONTRACTS, ttl: KEPT_FOR_MS });
  let timesForgotten = 0;
  return {
    /** By id in upper case; unknown ones are left out, and asked for again the next time. */
    async termsByIds(contractIds: readonly string[]): Promise<ReadonlyMap<string, ContractTerms>> {
      const found = new Map<string, ContractTerms>();
      const missing = new Set<string>();
      for (const contractId of contractIds) {
        const known = kept.get(contractId);
        if (known === undefined) missing.add(contractId);
        else found.set(contractId, known);
      }
      if (missing.size === 0) return found;
      const asOf = timesForgotten;
      for (const [contractId, contract] of await contracts.byIds([...missing])) {
        const terms = termsOf(contract);
        found.set(contractId, terms);
        // What was read before the news came may be older than the news.
        if (asOf === timesForgotten) kept.set(contractId, terms);
      }
      return found;
    },

    /** There is news: everything is read again when it is needed. */
    forget(): void {
      timesForgotten += 1;
      kept.clear();
    },
  };
}
