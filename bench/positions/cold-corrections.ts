/** From the arrival of a late trade to its correction, against reading the events alone. */

import { decimal } from '#kernel/decimal';
import { costFigure, type Figure, median } from '../report.ts';
import { coldKeyOf, type ColdWorld, coldTrade, dayOf } from './cold-world.ts';

const ROUNDS = 21;
/** The first ones compile code and fill caches. */
const WARM_UP = 4;

interface Round {
  readonly correctedMs: number;
  readonly recordedMs: number;
  readonly allColumnsMs: number;
  readonly factColumnsMs: number;
}

export async function measureCorrections(
  world: ColdWorld,
  [often, lately]: readonly [string, string],
  events: number,
): Promise<readonly Figure[]> {
  const name = `${events.toLocaleString('en-US')} events`;
  // In the first tenth of the history: no checkpoint may be used.
  const whole = await rounds(world, often, { day: Math.floor(events / 10) });
  // Thirty trades back: the newest checkpoints know nothing of that day.
  const recent = await rounds(world, lately, { day: events - 30 });
  const allColumns = {
    what: `plain SELECT of all columns of the ${name}`,
    value: median(whole.map((each) => each.allColumnsMs)),
  };
  const factColumns = {
    what: `plain SELECT of the columns a replay needs of the ${name}`,
    value: median(whole.map((each) => each.factColumnsMs)),
  };
  const corrected = (each: readonly Round[]) => median(each.map(({ correctedMs }) => correctedMs));
  const late = `arrival of a late trade to its correction at a subscriber, ${name}`;
  const target = 'at most 5 times the SELECT, aim 2: a ratio of 0.2, aim 0.5';
  return [
    costFigure({ what: late, value: corrected(whole), unit: 'ms', target }, allColumns),
    costFigure({ what: late, value: corrected(whole), unit: 'ms', target }, factColumns),
    costFigure(
      { what: `${late}, late by days and not by years`, value: corrected(recent), unit: 'ms' },
      allColumns,
    ),
    {
      what: 'of which the late trade itself took until it was durable',
      value: median(whole.map((each) => each.recordedMs)),
      unit: 'ms',
    },
  ];
}

async function rounds(
  world: ColdWorld,
  accountId: string,
  { day }: { readonly day: number },
): Promise<readonly Round[]> {
  const corrections = await world.corrections(accountId);
  const measured: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const side = round % 2 === 0 ? 'BUY' : 'SELL';
    const trade = coldTrade(accountId, `LATE${round}`, {
      side,
      quantity: decimal('7'),
      price: decimal('111.11'),
      effectiveDate: dayOf(day),
    });
    const startedAtMs = performance.now();
    const [, recordedMs] = await Promise.all([
      corrections.next(),
      world.record([trade]).then(() => performance.now() - startedAtMs),
    ]);
    const correctedMs = performance.now() - startedAtMs;
    measured.push({
      correctedMs,
      recordedMs,
      allColumnsMs: await timed(() => selectAll(world, accountId)),
      factColumnsMs: await timed(() => selectFacts(world, accountId)),
    });
  }
  await corrections.end();
  return measured.slice(WARM_UP);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
}

async function selectAll({ sql }: ColdWorld, accountId: string): Promise<unknown> {
  return sql`
    select * from positions.event_store
    where position_key = ${coldKeyOf(accountId)} order by event_ver`;
}

async function selectFacts({ sql }: ColdWorld, accountId: string): Promise<unknown> {
  return sql`
    select event_ver, event_type, effective_date, trade_id, side, quantity, price, fees,
      realized_pnl
    from positions.event_store
    where position_key = ${coldKeyOf(accountId)} order by event_ver`;
}
