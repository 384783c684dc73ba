/**
 * From the approval to the market: 100 baskets approved at once, each listed by both emulated
 * vendors. Then the cadence of prices: 200 live baskets, one vendor going down again and again.
 * `npm run bench -- listing 10` keeps that up for ten minutes, one without a number.
 */

import { pause } from '#platform/backoff';
import { withFreshDatabase } from '../fresh-database.ts';
import { openVendorMarket, type VendorMarket } from '../listing/vendor-market.ts';
import type { Figure } from '../report.ts';

const AT_ONCE = 100;
const LIVE = 200;
const MS_PER_MINUTE = 60_000;
const FLAP_EVERY_MS = 15_000;
const FLAP_FOR_MS = 3_000;
/** Beyond it a basket without a price is a breach. */
const GAP_LIMIT_MS = 7_500;

export function run(): Promise<readonly Figure[]> {
  const minutes = Number(process.argv[3] ?? '1');
  return withFreshDatabase(async (databaseUrl) => {
    const market = await openVendorMarket(databaseUrl);
    try {
      return [...(await measureListing(market)), ...(await measureCadence(market, minutes))];
    } finally {
      await market.close();
    }
  });
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
  const untilMs = Date.now() + minutes * MS_PER_MINUTE;
  const since = new Date();
  while (Date.now() < untilMs) {
    await pause(FLAP_EVERY_MS - FLAP_FOR_MS);
    setDown(market, true);
    await pause(FLAP_FOR_MS);
    setDown(market, false);
  }
  const figures: Figure[] = [];
  for (const vendor of ['refinitiv', 'bloomberg']) {
    figures.push(...(await cadenceOf(market, vendor, since)));
  }
  return figures;
}

/** Both endpoints of one vendor cut every connection, and are back a moment later. */
function setDown({ emulator }: VendorMarket, isDown: boolean): void {
  for (const { faults } of [emulator.bloomberg.primary, emulator.bloomberg.secondary]) {
    const fault = { kind: 'DOWN', at: 'PRICE', times: null, ms: 0, code: '' } as const;
    if (isDown) faults.add(fault);
    else faults.clear();
  }
}

async function cadenceOf(
  { owner }: VendorMarket,
  vendor: string,
  since: Date,
): Promise<readonly Figure[]> {
  const [row] = await owner<{ kept: number; longest: number; p99: number; acked: number }[]>`
    with told as (
      select basket_id, acked_at, valued_at from baskets.vendor_publication
      where vendor = ${vendor} and acked_at >= ${since.toISOString()}::text::timestamptz
      -- The gap that goes on at the end counts, too.
      union all
      select basket_id, ${new Date().toISOString()}::text::timestamptz, null from baskets.basket),
    acked as (
      select (extract(epoch from acked_at - lag(acked_at) over (
          partition by basket_id order by acked_at)) * 1000)::float8 as gap,
        (extract(epoch from acked_at - valued_at) * 1000)::float8 as took
      from told)
    select avg(case when gap <= ${GAP_LIMIT_MS}::int then 100.0 else 0 end)
        filter (where gap is not null)::float8 as kept,
      max(gap) as longest, count(took)::int as acked,
      percentile_disc(0.99) within group (order by took) as p99
    from acked`;
  const isFlapping = vendor === 'bloomberg';
  const who = isFlapping ? 'the vendor that flaps (down 3 s in 15)' : 'the vendor beside it';
  const what = `${LIVE} live baskets, ${who}`;
  const target = (text: string) => (isFlapping ? {} : { target: text });
  return [
    {
      what: `${what}: gaps of at most 7.5 s`,
      value: row?.kept ?? Number.NaN,
      unit: '%',
      ...target('99.9 or more'),
    },
    { what: `${what}: longest gap`, value: row?.longest ?? Number.NaN, unit: 'ms' },
    {
      what: `${what}: valuation to acknowledgement, p99`,
      value: row?.p99 ?? Number.NaN,
      unit: 'ms',
      ...target('below 2,000'),
    },
    { what: `${what}: prices acknowledged`, value: row?.acked ?? Number.NaN, unit: 'prices' },
  ];
}
