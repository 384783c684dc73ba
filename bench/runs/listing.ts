/**
 * From the approval to the market: 100 baskets approved at once, each listed by both emulated
 * vendors. Then the cadence of prices: 200 live baskets, one vendor going down again and again.
 * `npm run bench -- listing --minutes 10` keeps that up for ten minutes, one without a number.
 */

import { pause } from '#platform/backoff';
import { withFreshDatabase } from '../fresh-database.ts';
import { openVendorMarket, type VendorMarket } from '../listing/vendor-market.ts';
import type { Figure } from '../report.ts';

const AT_ONCE = 100;
const LIVE = 200;
const MS_PER_MINUTE = 60_000;
const DEFAULT_MINUTES = 1;
const MAX_MINUTES = 120;
/** No multiple of the cadence: the vendor is away at every phase of it. */
const FLAP_EVERY_MS = 16_000;
const FLAP_FOR_MS = 3_000;
/** Beyond it a basket without a price is a breach. */
const GAP_LIMIT_MS = 7_500;

export function run(): Promise<readonly Figure[]> {
  const minutes = minutesOf(process.argv.slice(3));
  return withFreshDatabase(async (databaseUrl) => {
    const market = await openVendorMarket(databaseUrl);
    try {
      return [...(await measureListing(market)), ...(await measureCadence(market, minutes))];
    } finally {
      await market.close();
    }
  });
}

/** `--minutes 10`, or just the number. */
function minutesOf(given: readonly string[]): number {
  const minutes = Number(given.at(-1) ?? DEFAULT_MINUTES);
  if (minutes > 0 && minutes <= MAX_MINUTES) return minutes;
  throw new Error(`expected --minutes above 0 and at most ${MAX_MINUTES}, was ${given.join(' ')}`);
}

const codesOf = (from: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `B${from + n}`);

async function measureListing(market: VendorMarket): Promise<readonly Figure[]> {
  // The first one opens connections and tokens.
  await market.submit(['B0']);
  await market.approve(['B0']);
  await market.reach(['B0'], 'ACTIVE');
  const codes = codesOf(1, AT_ONCE);
  await market.submit(codes);
  const startedMs = performance.now();
  await market.approve(codes);
  const approvedMs = performance.now() - startedMs;
  await market.reach(codes, 'ACTIVE');
  const allMs = performance.now() - startedMs;
  const [row] = await market.owner<{ p50: number; p99: number }[]>`
    select percentile_disc(0.5) within group (order by ms) as p50,
      percentile_disc(0.99) within group (order by ms) as p99
    from (
      select (extract(epoch from max(recorded_at) filter (where event = 'LISTING_COMPLETED')
        - max(recorded_at) filter (where event = 'APPROVE_BASKET')) * 1000)::float8 as ms
      from baskets.transition join baskets.basket using (basket_id)
      where code = any(${[...codes]}::text[]) group by basket_id) each_basket`;
  const what = `${AT_ONCE} baskets approved at once, two vendors`;
  const figure = (how: string, value: number, target?: string): Figure => ({
    what: `${what}: ${how}`,
    value,
    unit: 'ms',
    ...(target === undefined ? {} : { target }),
  });
  return [
    figure('approval to ACTIVE, p50', row?.p50 ?? Number.NaN),
    figure('approval to ACTIVE, p99', row?.p99 ?? Number.NaN, 'below 10,000, aim 2,000'),
    figure('all approvals answered', approvedMs),
    figure('all ACTIVE', allMs),
  ];
}

async function measureCadence(market: VendorMarket, minutes: number): Promise<readonly Figure[]> {
  const more = codesOf(AT_ONCE + 1, LIVE - AT_ONCE - 1);
  await market.submit(more);
  await market.approve(more);
  await market.reach(more, 'ACTIVE');
  const sinceMs = Date.now();
  const returns: number[] = [];
  while (Date.now() < sinceMs + minutes * MS_PER_MINUTE) {
    await pause(FLAP_EVERY_MS - FLAP_FOR_MS);
    setDown(market, true);
    await pause(FLAP_FOR_MS);
    setDown(market, false);
    returns.push(Date.now());
  }
  await pause(GAP_LIMIT_MS);
  return [
    ...(await figuresOf(market, { vendor: 'refinitiv', sinceMs })),
    ...(await figuresOf(market, { vendor: 'bloomberg', sinceMs, returns })),
  ];
}

/** Both endpoints of one vendor cut every connection, and are back a moment later. */
function setDown({ emulator }: VendorMarket, isDown: boolean): void {
  for (const { faults } of [emulator.bloomberg.primary, emulator.bloomberg.secondary]) {
    const fault = { kind: 'DOWN', at: 'PRICE', times: null, ms: 0, code: '' } as const;
    if (isDown) faults.add(fault);
    else faults.clear();
  }
}

interface Watched {
  readonly vendor: string;
  readonly sinceMs: number;
  /** When the vendor was back after each flap; left out for one that never was away. */
  readonly returns?: readonly number[];
}

async function figuresOf(market: VendorMarket, watched: Watched): Promise<readonly Figure[]> {
  const untilMs = Date.now();
  const { ackedMs, tookMs } = await acksOf(market, watched);
  // The gaps before the first price and after the last one count, too.
  const gaps = [...ackedMs.values()].flatMap((times) =>
    [...times, untilMs].map((atMs, n) => atMs - (times[n - 1] ?? watched.sinceMs)),
  );
  const long = gaps.filter((gap) => gap > GAP_LIMIT_MS);
  const isFlapping = watched.returns !== undefined;
  const who = isFlapping ? 'the vendor that flaps (down 3 s in 16)' : 'the vendor beside it';
  const figure = (how: string, value: number, unit: string, target?: string): Figure => ({
    what: `${LIVE} live baskets, ${who}: ${how}`,
    value,
    unit,
    ...(target === undefined ? {} : { target }),
  });
  const target = (text: string) => (isFlapping ? undefined : text);
  const recoveries = (watched.returns ?? []).map((atMs) => recoveryMs(ackedMs, atMs));
  return [
    figure('gaps over 7.5 s', (100 * long.length) / gaps.length, '%', target('below 0.1, aim 0')),
    figure('longest gap', Math.max(...gaps), 'ms'),
    ...(isFlapping
      ? [figure('from its return to a price of each', Math.max(...recoveries), 'ms', 'below 5,000')]
      : []),
    figure(
      'valuation to acknowledgement, p99',
      percentile(tookMs, 0.99),
      'ms',
      target('below 2,000'),
    ),
    figure('prices acknowledged', tookMs.length, 'prices'),
  ];
}

/** Until the last basket had a price again. */
function recoveryMs(ackedMs: ReadonlyMap<string, readonly number[]>, sinceMs: number): number {
  const firsts = [...ackedMs.values()].map((times) => times.find((atMs) => atMs >= sinceMs));
  return Math.max(...firsts.map((atMs) => (atMs ?? Number.POSITIVE_INFINITY) - sinceMs));
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}

/** Times of the acknowledgements per basket, of every basket that is live. */
async function acksOf({ owner }: VendorMarket, { sinceMs, vendor }: Watched) {
  const since = new Date(sinceMs).toISOString();
  const rows = await owner<{ basketId: string; atMs: number | null; tookMs: number | null }[]>`
    select b.basket_id as "basketId", (extract(epoch from acked_at) * 1000)::float8 as "atMs",
      (extract(epoch from acked_at - valued_at) * 1000)::float8 as "tookMs"
    from baskets.basket b left join baskets.vendor_publication p
      on p.basket_id = b.basket_id and p.vendor = ${vendor}
        and p.acked_at >= ${since}::text::timestamptz
    where b.state = 'ACTIVE' order by acked_at`;
  const ackedMs = new Map<string, number[]>();
  for (const { basketId, atMs } of rows) {
    const times = ackedMs.get(basketId) ?? [];
    if (atMs !== null) times.push(atMs);
    ackedMs.set(basketId, times);
  }
  return { ackedMs, tookMs: rows.flatMap(({ tookMs }) => tookMs ?? []) };
}
