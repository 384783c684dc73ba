import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addCloses,
  finished,
  trigger,
  TRIGGER,
  weekdays,
} from '../../../test/support/baskets-backtests.ts';
import {
  type BasketsWorld,
  CREATE_BASKET,
  openBasketsWorld,
} from '../../../test/support/baskets-world.ts';

const START = '2023-10-02';
const LEAD = 40;
const SESSIONS = 90;
const DATES = weekdays(START, LEAD + SESSIONS);
const FROM = DATES[LEAD] ?? '';
const TO = DATES.at(-1) ?? '';

/** Some wander of its own, different for each name. */
const wander = (start: number, step: number, wave: number) =>
  DATES.map((_, at) => start + step * at + wave * Math.sin(at / 5));
const swinging = (by: number) => {
  const closes = [1_000_000];
  for (let at = 1; at < DATES.length; at += 1) {
    closes.push((closes[at - 1] ?? 0) * (at % 2 === 0 ? 1 + by : 1 - by));
  }
  return closes;
};
const CLOSES: Record<string, number[]> = {
  A: wander(100, 0.5, 4),
  B: wander(50, -0.1, 3),
  C: wander(200, 1, 20),
};

let world: BasketsWorld;
let baskets = 0;

beforeAll(async () => {
  world = await openBasketsWorld();
  await addCloses(world.owner, START, { ...CLOSES, P: wander(80, 0.5, 2) });
});
afterAll(() => world.close());

async function newBasket(input: Record<string, unknown>): Promise<string> {
  const code = `SCHEME${(baskets += 1)}`;
  const answer = await world.as('portfolio_manager').data(CREATE_BASKET, {
    input: { code, name: code, currency: 'USD', ...input },
  });
  expect(answer).toMatchObject({ createBasket: { basket: { code } } });
  return code;
}

/** At the very close they are decided on and free of cost, so that theory is exact. */
const asked = (code: string, changes: Record<string, unknown> = {}) => ({
  code,
  from: FROM,
  to: TO,
  rebalance: 'MONTHLY',
  execution: 'SAME_CLOSE',
  costBps: '0',
  ...changes,
});

interface Result {
  readonly warnings: readonly string[];
  readonly levels: readonly { readonly date: string; readonly level: number }[];
  readonly rebalances: readonly {
    readonly weights: readonly { readonly symbol: string; readonly after: number }[];
  }[];
  readonly contributions: readonly { readonly symbol: string; readonly initialWeight: number }[];
}

async function backtested(input: Record<string, unknown>, rules = {}): Promise<Result> {
  const code = await newBasket(input);
  const id = await trigger(world, asked(code, rules));
  expect(await finished(world, id)).toMatchObject({ status: 'COMPLETED', error: null });
  const read = await world.as('viewer').data(`{ backtest(id: "${id}") { warnings
    levels { date level } contributions { symbol initialWeight }
    rebalances { weights { symbol after } } } }`);
  return (read as { backtest: Result }).backtest;
}

const initialOf = ({ contributions }: Result) =>
  Object.fromEntries(contributions.map((each) => [each.symbol, each.initialWeight]));

/** Level of units that never change: what a basket that holds shares must stand at. */
function heldUnits(units: Readonly<Record<string, number>>): number[] {
  const values = DATES.map((_, at) =>
    Object.entries(units).reduce((sum, [symbol, n]) => sum + n * (CLOSES[symbol]?.[at] ?? 0), 0),
  ).slice(LEAD);
  return values.map((value) => (100 * value) / (values[0] ?? 1));
}

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6));

describe('BK-4 a backtest follows the weighting of its basket', () => {
  test('price: one unit of each, whatever is rebalanced', async () => {
    const constituents = ['A', 'B', 'C'].map((symbol) => ({ symbol }));
    const { levels, rebalances, warnings } = await backtested({ weighting: 'PRICE', constituents });
    expect(levels.map(({ level }) => level)).toEqual(near(heldUnits({ A: 1, B: 1, C: 1 })));
    expect(rebalances.length).toBeGreaterThan(2);
    expect(warnings.join()).not.toContain('shares outstanding');
  });

  test('float cap: the shares that can be bought, and the result says of which day', async () => {
    const constituents = [
      { symbol: 'A', sharesOutstanding: '1000', freeFloatFactor: '0.5' },
      { symbol: 'B', sharesOutstanding: '3000', freeFloatFactor: '1' },
    ];
    const { levels, warnings } = await backtested({ weighting: 'FLOAT_CAP', constituents });
    expect(levels.map(({ level }) => level)).toEqual(near(heldUnits({ A: 500, B: 3_000 })));
    expect(warnings).toContain(`shares outstanding are those of ${TO} for the whole window`);
  });

  test('a cap holds at every rebalance', async () => {
    const result = await backtested({
      weighting: 'PRICE',
      weightingRule: { maxWeight: '0.4' },
      constituents: ['A', 'B', 'C'].map((symbol) => ({ symbol })),
    });
    const all = [
      Object.values(initialOf(result)),
      ...result.rebalances.map(({ weights }) => weights.map(({ after }) => after)),
    ];
    expect(all.map((weights) => Math.max(...weights))).toEqual(
      all.map(() => expect.closeTo(0.4, 12)),
    );
  });

  test('inverse volatility: from the first day on, over closes before it', async () => {
    await addCloses(world.owner, START, { D: swinging(0.01), E: swinging(0.02) });
    const wanted = {
      weighting: 'INVERSE_VOLATILITY',
      weightingRule: { volatilityWindow: LEAD },
      constituents: [{ symbol: 'D' }, { symbol: 'E' }],
    };
    const result = await backtested(wanted);
    expect(initialOf(result)).toEqual({ D: expect.closeTo(2 / 3, 6), E: expect.closeTo(1 / 3, 6) });
    expect(result.levels[0]).toEqual({ date: FROM, level: 100 });
    // One session earlier there are too few closes before it.
    const code = await newBasket(wanted);
    const early = await trigger(world, asked(code, { from: DATES[LEAD - 1] }));
    expect(await finished(world, early)).toMatchObject({
      status: 'FAILED',
      error: expect.stringMatching(/MISSING_PRICES: the weights of .* need 41 closes .* D, E$/),
    });
  });

  test('prints of holidays are left out, and the result says so', async () => {
    await world.owner`update market_data.instrument set mic = 'XNAS' where symbol = 'F'`;
    await addCloses(world.owner, START, { F: CLOSES['A'] ?? [] });
    const holiday = DATES[LEAD + 10] ?? '';
    await world.owner`
      insert into market_data.exchange_session (mic, session_date, opens_at, closes_at, source)
      select 'XNYS', day, day + interval '14:30', day + interval '21:00', 'test'
      from unnest(${DATES.filter((day) => day !== holiday)}::text[]::date[]) day`;
    const only = { weighting: 'EQUAL', constituents: [{ symbol: 'F' }] };
    const { levels, warnings } = await backtested(only);
    expect(levels.map(({ date }) => date)).toEqual(
      DATES.slice(LEAD).filter((day) => day !== holiday),
    );
    expect(warnings.join()).toContain('1 closes are left out: they are of days on which');
  });

  test('what it cannot follow is refused, not weighed another way', async () => {
    const triggered = async (code: string, changes: Record<string, unknown>) =>
      world.as('portfolio_manager').data(TRIGGER, { input: asked(code, changes) });
    const price = await newBasket({ weighting: 'PRICE', constituents: [{ symbol: 'A' }] });
    expect(await triggered(price, { missingPrices: 'JOIN_AT_NEXT_REBALANCE' })).toMatchObject({
      triggerBacktest: {
        reason: 'WEIGHTING_NOT_SUPPORTED',
        message: expect.stringContaining('expected missingPrices REFUSE'),
      },
    });
    const foreign = await newBasket({
      weighting: 'INVERSE_VOLATILITY',
      weightingRule: { volatilityWindow: 20 },
      constituents: [{ symbol: 'A' }, { symbol: 'P' }],
    });
    expect(await triggered(foreign, {})).toMatchObject({
      triggerBacktest: {
        reason: 'WEIGHTING_NOT_SUPPORTED',
        message: expect.stringMatching(/P is in EUR$/),
      },
    });
  });
});
