/** A made-up market, the same at every run: 15 years of 500 names, some listed late, few gaps. */

import { addDays, type BusinessDate, businessDate, isoWeekday } from '#kernel/business-date';

export interface SampleMarket {
  readonly sessions: readonly BusinessDate[];
  /** By name, then by session; null where there is no price. */
  readonly closesByName: readonly (readonly (number | null)[])[];
  readonly opensByName: readonly (readonly (number | null)[])[];
  readonly benchmark: readonly number[];
}

export interface MarketSize {
  readonly sessions: number;
  readonly names: number;
  /** Share of the names that are listed only after the first session. */
  readonly lateShare: number;
  /** Share of the prices that are missing on a single day. */
  readonly gapShare: number;
  readonly seed: number;
}

export const FIFTEEN_YEARS: MarketSize = {
  sessions: 3_780,
  names: 500,
  lateShare: 0.06,
  gapShare: 0.00002,
  seed: 20_111,
};

const DAILY_MOVE = 0.02;
const OVERNIGHT_MOVE = 0.004;

export function sampleMarket({ sessions, names, lateShare, gapShare, seed }: MarketSize) {
  const random = lehmer(seed);
  const market = Array.from({ length: sessions }, () => DAILY_MOVE * (random() - 0.496) * 0.7);
  const closesByName: (number | null)[][] = [];
  const opensByName: (number | null)[][] = [];
  for (let name = 0; name < names; name++) {
    const from = random() < lateShare ? Math.floor(random() * sessions * 0.8) : 0;
    let price = 5 + 200 * random();
    const closes: (number | null)[] = [];
    const opens: (number | null)[] = [];
    market.forEach((move, session) => {
      const open = price * (1 + OVERNIGHT_MOVE * (random() - 0.5));
      price *= 1 + move + DAILY_MOVE * 2 * (random() - 0.499);
      const isMissing = session < from || (session > from && random() < gapShare);
      closes.push(isMissing ? null : price);
      opens.push(isMissing ? null : open);
    });
    closesByName.push(closes);
    opensByName.push(opens);
  }
  let level = 1_000;
  const benchmark = market.map((move) => (level *= 1 + move));
  return { sessions: weekdays(sessions), closesByName, opensByName, benchmark };
}

function weekdays(count: number): readonly BusinessDate[] {
  const found: BusinessDate[] = [];
  for (let date = businessDate('2009-01-05'); found.length < count; date = addDays(date, 1)) {
    if (isoWeekday(date) <= 5) found.push(date);
  }
  return found;
}

/** Park and Miller's generator; between 0 and 1. Good enough for prices nobody trusts. */
function lehmer(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Day-major with NaN for null: what the kernel takes. Not part of what is measured. */
export function dayMajor(byName: readonly (readonly (number | null)[])[]): Float64Array {
  const names = byName.length;
  const prices = new Float64Array((byName[0]?.length ?? 0) * names);
  byName.forEach((series, name) => {
    series.forEach((price, session) => {
      prices[session * names + name] = price ?? Number.NaN;
    });
  });
  return prices;
}
