/**
 * Target weights of a backtest through time. EQUAL, FIXED and FUNDAMENTAL have the same ones all
 * the time; a scheme that follows the market has those of the closes at each decision.
 */

import { toNumber } from '#kernel/decimal';
import type { Composition } from '#quant/backtest-input';
import type { BusinessDate } from '#kernel/business-date';
import { firstSessions } from '#quant/calendar-period';
import { cappedWeights } from '#quant/capped-weights';
import type { BacktestJob } from './backtest-job.ts';
import type { PanelData } from './backtest-panel.ts';
import { shownNames } from './shown-names.ts';
import { windowVolatility } from './window-volatility.ts';

export interface PanelInTime {
  /** With the sessions before the window that volatilities are measured over. */
  readonly panel: PanelData;
  /** How many those are. */
  readonly lead: number;
  /** Of the window. */
  readonly dates: readonly BusinessDate[];
}

export type Compositions =
  | { readonly ok: true; readonly compositions: readonly Composition[] }
  | { readonly ok: false; readonly message: string };

export function compositionsOf(job: BacktestJob, time: PanelInTime): Compositions {
  const { scheme, names, params } = job;
  if (scheme === null) {
    const weights = Float64Array.from(names, ({ weight }) => toNumber(weight));
    return { ok: true, compositions: [{ fromSession: 0, weights }] };
  }
  const { rebalance } = params;
  const decisions = rebalance === 'NONE' ? [] : firstSessions(time.dates, rebalance);
  const cap = scheme.maxWeight === null ? undefined : toNumber(scheme.maxWeight);
  const compositions: Composition[] = [];
  for (const session of [0, ...decisions]) {
    const sizes = sizesAt(job, time, session);
    if (!sizes.ok) return sizes;
    const weights = cappedWeights(sizes.sizes, cap);
    if (weights === undefined) {
      const message = `CAP_INFEASIBLE: names x cap is at least 1, was ${names.length} x ${cap}`;
      return { ok: false, message };
    }
    compositions.push({ fromSession: session, weights });
  }
  return { ok: true, compositions };
}

type Sizes =
  { readonly ok: true; readonly sizes: Float64Array } | Extract<Compositions, { ok: false }>;

/** Numbers in proportion to the weights, from what is known at the close of a session. */
function sizesAt(
  { scheme, names, params }: BacktestJob,
  time: PanelInTime,
  session: number,
): Sizes {
  const { panel, lead, dates } = time;
  const at = session + lead;
  const window = scheme?.volatilityWindow ?? null;
  const sizes = new Float64Array(names.length);
  const missing: string[] = [];
  names.forEach(({ symbol, shares }, name) => {
    const size =
      window === null
        ? shares * lastClose(panel, { name, at, maxAge: params.maxCarriedSessions })
        : inverseVolatility(panel, { name, at, window });
    sizes[name] = size;
    if (!(size > 0)) missing.push(symbol);
  });
  if (missing.length === 0) return { ok: true, sizes };
  const what =
    window === null
      ? `a close at most ${params.maxCarriedSessions} sessions old`
      : `${window + 1} closes that move up to then`;
  const message =
    `MISSING_PRICES: the weights of ${dates[session]} need ${what}, was missing for ` +
    shownNames(missing);
  return { ok: false, message };
}

/** NaN when it is older than that. */
function lastClose(
  { closes, names }: PanelData,
  { name, at, maxAge }: { readonly name: number; readonly at: number; readonly maxAge: number },
): number {
  for (let session = at; session >= Math.max(0, at - maxAge); session--) {
    const close = closes[session * names + name] ?? Number.NaN;
    if (close > 0) return close;
  }
  return Number.NaN;
}

/** Over the last closes of the name itself; NaN when there are too few. */
function inverseVolatility(
  { closes, names }: PanelData,
  { name, at, window }: { readonly name: number; readonly at: number; readonly window: number },
): number {
  const last = new Float64Array(window + 1);
  let missing = window + 1;
  for (let session = at; session >= 0 && missing > 0; session--) {
    const close = closes[session * names + name] ?? Number.NaN;
    if (!(close > 0)) continue;
    missing -= 1;
    last[missing] = close;
  }
  const found = missing > 0 ? null : windowVolatility(last);
  return found === null ? Number.NaN : 1 / found;
}
