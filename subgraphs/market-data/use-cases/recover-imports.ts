import type { Clock } from '#platform/clock';
import type { ImportRunRepository } from '../store/import-runs.ts';
import type { PriceSeriesRepository } from '../store/price-series.ts';

export interface RecoverImportsDeps {
  readonly importRuns: ImportRunRepository;
  readonly priceSeries: PriceSeriesRepository;
  readonly clock: Clock;
}

/**
 * Marks imports whose process died as failed and lets readers see what they stored; answers with
 * how many there were. Safe while other imports run, here or elsewhere.
 */
export async function recoverImports({
  importRuns,
  priceSeries,
  clock,
}: RecoverImportsDeps): Promise<number> {
  const abandoned = await importRuns.failAbandoned(clock.nowMs());
  if (abandoned > 0) await priceSeries.settleAll();
  return abandoned;
}
