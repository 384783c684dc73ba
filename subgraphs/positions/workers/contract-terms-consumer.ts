/** Tries corrections again that were refused, when the terms of their contract are others. */

import { contractDefined } from '#kernel/topics/contract-defined';
import type { Consumer, EventLog } from '#platform/ports';
import { retryUnderContract, type RetryUnderContractDeps } from '../use-cases/retry-corrections.ts';
import { COLD_GROUP, MAX_RECALCULATION_ATTEMPTS } from './backdated-trades-consumer.ts';

/** Of one partition of the topic. */
const MAX_DEFINITIONS_PER_BATCH = 20;

export interface ContractTermsConsumerDeps extends RetryUnderContractDeps {
  /** Of the terms that this process keeps in memory. */
  readonly forgetTerms: () => void;
}

export function startContractTermsConsumer(
  eventLog: EventLog,
  deps: ContractTermsConsumerDeps,
): Promise<Consumer> {
  const { topic, parse } = contractDefined;
  return eventLog.consume({
    topic,
    group: COLD_GROUP,
    maxBatch: MAX_DEFINITIONS_PER_BATCH,
    maxAttempts: MAX_RECALCULATION_ATTEMPTS,
    async handle(records, signal) {
      // The record may be here before the news of it.
      deps.forgetTerms();
      for (const { payload, version, correlationId, sequence } of records) {
        const { contractId, user } = parse(payload, version);
        const origin = { user, correlationId, causationId: `${topic}:${sequence}` };
        await retryUnderContract(deps, contractId, { origin, signal });
      }
    },
  });
}
