/** Reads the prices of a backtest and lays them side by side, in memory that threads share. */

import type { PriceRequest } from '../domain/backtest-job.ts';
import { buildPanel, type PanelData } from '../domain/backtest-panel.ts';
import { shownNames } from '../domain/shown-names.ts';
import { onSessions, sessionDaysOf } from '../domain/off-session-closes.ts';
import type { PriceHistoryReader } from '../store/price-history.ts';

export interface PricesDeps {
  readonly history: Pick<PriceHistoryReader, 'load'>;
  /** SHA-256 in hexadecimal digits of all parts, one after the other. */
  readonly hash: (parts: readonly (string | NodeJS.ArrayBufferView)[]) => string;
}

export type LoadedPrices =
  | {
      readonly ok: true;
      readonly panel: PanelData;
      /** The state of market data that it is made of. */
      readonly state: string;
      /** Hash of everything in it that a result depends on. */
      readonly snapshot: string;
      readonly unadjusted: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

const BYTES_OF_FLOAT = 8;

export async function loadPrices(
  { history, hash }: PricesDeps,
  request: PriceRequest,
): Promise<LoadedPrices> {
  const { names, benchmark, rates, exchanges, missing, unadjusted, state } =
    await history.load(request);
  if (missing.length > 0) {
    return { ok: false, message: `no daily prices are known of ${shownNames(missing)}` };
  }
  const days = new Map([...new Set(exchanges.values())].map((each) => [each, sessionDaysOf(each)]));
  const traded = names.map((bars) => {
    const exchange = exchanges.get(bars.symbol);
    return onSessions(bars, exchange && days.get(exchange));
  });
  const built = buildPanel({
    names: traded.map(({ bars }) => bars),
    benchmark,
    rates,
    currency: request.currency,
    allocate,
    offSessionCloses: traded.reduce((sum, { leftOut }) => sum + leftOut, 0),
  });
  if (!built.ok) return built;
  const { panel } = built;
  const { closes, opens, benchmark: beside, offSessionCloses } = panel;
  const told = [request.symbols, request.currency, panel.days.length, unadjusted, offSessionCloses];
  const parts = [
    JSON.stringify(told),
    panel.days,
    closes,
    opens ?? 'no opens',
    beside ?? 'no benchmark',
  ];
  return { ok: true, panel, state, snapshot: hash(parts), unadjusted };
}

function allocate(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * BYTES_OF_FLOAT));
}
