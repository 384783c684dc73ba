import type { PageRequest } from '#platform/connection';
import type { ImportRun } from '../domain/import-run.ts';
import type { ImportRunRepository } from '../store/import-runs.ts';

export interface ListImportsDeps {
  readonly importRuns: ImportRunRepository;
}

/** Newest first; one more than asked when there is a next page. */
export async function listImports(
  { importRuns }: ListImportsDeps,
  page: PageRequest,
): Promise<readonly ImportRun[]> {
  return importRuns.list(page);
}
