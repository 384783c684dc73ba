/** Finds contracts, by id or page by page. */

import type { PageRequest } from '#platform/connection';
import type { ContractStore, RecordedContract } from '../store/contracts.ts';

export interface FindContractsDeps {
  readonly contractStore: ContractStore;
}

/** Ids are taken in upper or lower case; undefined when it is not defined. */
export async function findContract(
  { contractStore }: FindContractsDeps,
  contractId: string,
): Promise<RecordedContract | undefined> {
  const id = contractId.toUpperCase();
  return (await contractStore.byIds([id])).get(id);
}

/** In order of id; one more than asked when there is a next page. */
export function listContracts(
  { contractStore }: FindContractsDeps,
  page: PageRequest,
): Promise<readonly RecordedContract[]> {
  return contractStore.list(page);
}
