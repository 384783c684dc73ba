import { describe, expect, test } from 'vitest';
import { addDays, type BusinessDate, businessDate } from '#kernel/business-date';
import { BACKTEST_DEFAULTS, type BacktestInput, flatCosts } from './backtest-input.ts';
import type { BacktestRun } from './backtest-result.ts';
import { CHECK_EVERY_SESSIONS, runBacktest } from './backtest.ts';

const NONE = Number.NaN;

const daysFrom = (first: string, count: number): readonly BusinessDate[] =>
  Array.from({ length: count }, (_, index) => addDays(businessDate(first), index));

/** Rows of closes by session, beginning two sessions before a new month. */
function inputOf(rows: readonly number[][], changes: Partial<BacktestInput> = {}): BacktestInput {
  const names = rows[0]?.length ?? 0;
  return {
    ...BACKTEST_DEFAULTS,
    panel: { sessions: daysFrom('2024-01-30', rows.length), names, closes: flat(rows) },
    compositions: [{ fromSession: 0, weights: new Float64Array(names).fill(1 / names) }],
    delistings: [],
    universe: 'POINT_IN_TIME',
    rebalance: 'MONTHLY',
    costs: flatCosts(names, 0),
    ...changes,
  };
}

const flat = (rows: readonly number[][]): Float64Array => Float64Array.from(rows.flat());

function runOf(input: BacktestInput): BacktestRun {
  const outcome = runBacktest(input);
  if (!outcome.ok) throw new Error(`refused: ${outcome.reason}`);
  return outcome;
}

const kindsOf = ({ warnings }: BacktestRun): readonly string[] => warnings.map(({ kind }) => kind);

/** January 30 and 31, then February: the month begins at session 2. */
const ROWS = [
  [10, 10],
  [12, 10],
  [20, 10],
  [20, 20],
  [20, 30],
];

describe('BK-4 execution', () => {
  test('SAME_CLOSE trades at the first session of the month, and warns', () => {
    const run = runOf(inputOf(ROWS, { execution: 'SAME_CLOSE' }));
    expect([...run.levels]).toEqual([100, 110, 150, 225, 300]);
    expect(run.rebalances).toHaveLength(1);
    expect(run.rebalances[0]).toMatchObject({ decidedSession: 2, executedSession: 2 });
    expect(kindsOf(run)).toEqual(['LOOK_AHEAD']);
  });

  test('NEXT_CLOSE trades one session later: the old units earn that day', () => {
    const run = runOf(inputOf(ROWS));
    expect([...run.levels]).toEqual([100, 110, 150, 200, 250]);
    expect(run.rebalances[0]).toMatchObject({ decidedSession: 2, executedSession: 3 });
    expect(kindsOf(run)).toEqual([]);
  });

  test('NEXT_OPEN trades at the next open, and earns from there to the close', () => {
    const opens = flat(
      [
        [10, 10],
        [10, 10],
        [10, 10],
        [20, 16],
        [20, 20],
      ].map((row) => row),
    );
    const { panel, ...rest } = inputOf(ROWS, { execution: 'NEXT_OPEN' });
    const run = runOf({ ...rest, panel: { ...panel, opens } });
    // 5 x 20 + 5 x 16 = 180 at the open, 90 in each: 4.5 and 5.625 units.
    expect([...run.levels]).toEqual([100, 110, 150, 4.5 * 20 + 5.625 * 20, 90 + 5.625 * 30]);
    expect(run.rebalances[0]).toMatchObject({ decidedSession: 2, executedSession: 3 });
  });

  test('a decision at the last session is not traded', () => {
    expect(runOf(inputOf(ROWS.slice(0, 3))).rebalances).toEqual([]);
    expect(runOf(inputOf(ROWS.slice(0, 3), { execution: 'SAME_CLOSE' })).rebalances).toHaveLength(
      1,
    );
  });
});

describe('BK-4 costs and turnover', () => {
  test('are basis points of both sides, measured before costs', () => {
    const run = runOf(inputOf(ROWS, { costs: flatCosts(2, 100), execution: 'SAME_CLOSE' }));
    // 150 in weights of 2/3 and 1/3: 25 sold, 25 bought.
    const [rebalance] = run.rebalances;
    expect(rebalance?.cost).toBeCloseTo(0.5, 12);
    expect(rebalance?.turnover).toBeCloseTo(1 / 6, 12);
    expect(run.levels[2]).toBeCloseTo(149.5, 12);
  });

  test('can differ by side and name', () => {
    const costs = { buyBps: Float64Array.of(0, 50), sellBps: Float64Array.of(10, 0) };
    const [rebalance] = runOf(inputOf(ROWS, { costs })).rebalances;
    expect(rebalance?.cost).toBe(0);
    const [same] = runOf(inputOf(ROWS, { costs, execution: 'SAME_CLOSE' })).rebalances;
    expect(same?.cost).toBeCloseTo(25 * 0.001 + 25 * 0.005, 12);
  });

  test('the level that is left is never zero or less', () => {
    const sessions = daysFrom('2024-01-30', 3);
    const costs = flatCosts(2, 9_999);
    const compositions = [
      { fromSession: 0, weights: Float64Array.of(1, 0) },
      { fromSession: 1, weights: Float64Array.of(0, 1) },
    ];
    const closes = flat(ROWS.slice(0, 3));
    const input = inputOf(ROWS, { costs, compositions, panel: { sessions, names: 2, closes } });
    expect(runBacktest(input)).toEqual({ ok: false, reason: 'LEVEL_NOT_POSITIVE', session: 2 });
  });
});

describe('BK-4 the universe as it was known', () => {
  test('a composition is traded when it comes into force, though nothing else rebalances', () => {
    const compositions = [
      { fromSession: 0, weights: Float64Array.of(1, 0) },
      { fromSession: 2, weights: Float64Array.of(0, 1) },
    ];
    const run = runOf(inputOf(ROWS, { compositions, rebalance: 'NONE' }));
    expect([...run.levels]).toEqual([100, 120, 200, 200, 300]);
    expect(run.rebalances[0]?.turnover).toBe(1);
  });

  test('a delisted name pays its last return in cash, which waits for the next rebalance', () => {
    const rows = [...ROWS.slice(0, 2), [NONE, 10], [NONE, 20], [NONE, 30]];
    const delistings = [{ name: 0, lastSession: 1, finalReturn: -0.5 }];
    const run = runOf(inputOf(rows, { delistings }));
    expect([...run.levels]).toEqual([100, 110, 80, 130, 195]);
    expect([...run.finalWeights]).toEqual([0, 1]);
    expect(run.rebalances[0]?.turnover).toBeCloseTo(30 / 130, 12);
    expect(run.warnings).toEqual([
      { kind: 'DELISTED', name: 0, session: 2, finalReturn: -0.5, isAssumed: false },
    ]);
  });

  test('an unknown delisting return is assumed at -30 %, and said', () => {
    const rows = [...ROWS.slice(0, 2), [NONE, 10], [NONE, 20]];
    const run = runOf(inputOf(rows, { delistings: [{ name: 0, lastSession: 1 }] }));
    expect(run.levels[2]).toBeCloseTo(60 * 0.7 + 50, 12);
    expect(run.warnings[0]).toMatchObject({ kind: 'DELISTED', finalReturn: -0.3, isAssumed: true });
  });

  test('a name delisted between decision and trade is not bought', () => {
    const rows = [...ROWS.slice(0, 3), [NONE, 20], [NONE, 30]];
    const run = runOf(inputOf(rows, { delistings: [{ name: 0, lastSession: 2, finalReturn: 0 }] }));
    expect(run.rebalances[0]?.weightsAfter).toEqual(Float64Array.of(0, 1));
  });

  test('today’s list of names is said to be that', () => {
    expect(kindsOf(runOf(inputOf(ROWS, { universe: 'TODAYS_LIST' })))).toEqual(['SURVIVORSHIP']);
  });
});

describe('BK-4 missing prices', () => {
  const late = [
    [10, NONE],
    [12, NONE],
    [20, NONE],
    [20, 20],
    [20, 30],
    [20, 60],
  ];

  test('REFUSE names every gap', () => {
    expect(runBacktest(inputOf(late))).toEqual({
      ok: false,
      reason: 'MISSING_PRICES',
      gaps: [{ name: 1, price: 'CLOSE', fromSession: 0, sessions: 3 }],
      gapCount: 1,
    });
  });

  test('REFUSE bridges what is not too long, and says so', () => {
    const rows = [
      [10, 10],
      [NONE, 10],
      [NONE, 10],
      [20, 10],
    ];
    const run = runOf(inputOf(rows, { maxCarriedSessions: 2, rebalance: 'NONE' }));
    expect([...run.levels]).toEqual([100, 100, 100, 150]);
    expect(run.warnings).toEqual([{ kind: 'PRICE_CARRIED', name: 0, sessions: 2 }]);
    expect(runBacktest(inputOf(rows, { maxCarriedSessions: 1 }))).toMatchObject({
      reason: 'MISSING_PRICES',
      gaps: [{ name: 0, price: 'CLOSE', fromSession: 2, sessions: 1 }],
    });
  });

  test('JOIN_AT_NEXT_REBALANCE starts with the others and lets it in at the next one', () => {
    const joining = { missingPrices: 'JOIN_AT_NEXT_REBALANCE', rebalance: 'DAILY' } as const;
    const run = runOf(inputOf(late, joining));
    expect([...run.levels]).toEqual([100, 120, 200, 200, 200, 300]);
    expect([...run.initialWeights]).toEqual([1, 0]);
    expect(run.warnings).toEqual([{ kind: 'LEFT_OUT', name: 1, fromSession: 0, joinedSession: 4 }]);
    const monthly = runOf(inputOf(late, { ...joining, rebalance: 'MONTHLY' }));
    expect(monthly.warnings).toEqual([
      { kind: 'LEFT_OUT', name: 1, fromSession: 0, joinedSession: undefined },
    ]);
  });

  test('JOIN_AT_NEXT_REBALANCE can wait until enough weight has a price', () => {
    const missingPrices = 'JOIN_AT_NEXT_REBALANCE';
    const run = runOf(inputOf(late, { missingPrices, leastStartWeight: 0.6 }));
    expect(run.startSession).toBe(3);
    expect([...run.levels]).toEqual([100, 125, 200]);
    expect(run.warnings).toEqual([{ kind: 'STARTED_LATER', session: 3 }]);
    const never = late.map(() => [NONE, NONE]);
    expect(runBacktest(inputOf(never, { missingPrices }))).toEqual({
      ok: false,
      reason: 'NO_PRICED_NAMES',
    });
  });

  test('a held name whose price grows too old is kept, flagged, then left out', () => {
    const rows = [
      [10, 10],
      [10, NONE],
      [10, NONE],
      [10, NONE],
      [20, NONE],
    ];
    const run = runOf(
      inputOf(rows, { missingPrices: 'JOIN_AT_NEXT_REBALANCE', maxCarriedSessions: 1 }),
    );
    expect([...run.levels]).toEqual([100, 100, 100, 100, 200]);
    expect(run.warnings).toEqual([
      { kind: 'LEFT_OUT', name: 1, fromSession: 2, joinedSession: undefined },
      { kind: 'PRICE_CARRIED', name: 1, sessions: 3 },
      { kind: 'PRICE_STALE', name: 1, session: 2 },
    ]);
  });

  test('a close as old as allowed still counts as a price at a rebalance', () => {
    const rows = [
      [10, 10],
      [10, NONE],
      [10, NONE],
      [10, NONE],
      [20, 10],
    ];
    const joining = { missingPrices: 'JOIN_AT_NEXT_REBALANCE' } as const;
    const inTime = runOf(inputOf(rows, { ...joining, maxCarriedSessions: 2 }));
    expect(kindsOf(inTime)).not.toContain('LEFT_OUT');
    const tooLate = runOf(inputOf(rows, { ...joining, maxCarriedSessions: 1 }));
    expect(kindsOf(tooLate)).toContain('LEFT_OUT');
  });

  test('a delisted name has no gap after its last session', () => {
    const rows = [
      [10, 10],
      [10, NONE],
      [NONE, 10],
      [NONE, 10],
      [NONE, 10],
    ];
    const delistings = [{ name: 0, lastSession: 1, finalReturn: 0 }];
    const run = runOf(inputOf(rows, { delistings, maxCarriedSessions: 1 }));
    expect([...run.levels]).toEqual([100, 100, 100, 100, 100]);
    expect(runBacktest(inputOf(rows, { maxCarriedSessions: 1 }))).toMatchObject({
      gaps: [{ name: 0, price: 'CLOSE', fromSession: 3, sessions: 2 }],
    });
  });

  test('a missing last close is carried, not traded at', () => {
    const run = runOf(inputOf([...ROWS.slice(0, 4), [20, NONE]]));
    expect(run.warnings).toEqual([{ kind: 'PRICE_CARRIED', name: 1, sessions: 1 }]);
  });

  test('a name without an open trades at its last close, and the result says so', () => {
    const { panel, ...rest } = inputOf(ROWS, { execution: 'NEXT_OPEN' });
    const opens = panel.closes.slice().fill(NONE, 7, 8);
    const run = runOf({ ...rest, panel: { ...panel, opens } });
    // 5 x 20 + 5 x 10 (the close before) = 150 at the open, 75 in each.
    expect(run.levels[3]).toBe(75 + 7.5 * 20);
    expect(run.warnings).toEqual([{ kind: 'TRADED_AT_OLDER_CLOSE', name: 1, trades: 1 }]);
  });

  test('names without opens for longer than a price is carried are refused, or said', () => {
    const { panel, ...rest } = inputOf(ROWS, { execution: 'NEXT_OPEN', maxCarriedSessions: 1 });
    const opens = panel.closes.map((close, cell) => (cell % 2 === 1 ? NONE : close));
    expect(runBacktest({ ...rest, panel: { ...panel, opens } })).toEqual({
      ok: false,
      reason: 'MISSING_PRICES',
      gaps: [{ name: 1, price: 'OPEN', fromSession: 2, sessions: 3 }],
      gapCount: 1,
    });
    const missingPrices = 'JOIN_AT_NEXT_REBALANCE';
    const joining = runOf({ ...rest, missingPrices, panel: { ...panel, opens } });
    expect(joining.warnings).toEqual([{ kind: 'TRADED_AT_OLDER_CLOSE', name: 1, trades: 1 }]);
  });

  test('a window of one session is refused', () => {
    const refusal = { ok: false, reason: 'TOO_FEW_SESSIONS', sessions: 1 };
    expect(runBacktest(inputOf(ROWS.slice(0, 1)))).toEqual(refusal);
  });
});

describe('BK-4 progress and cancellation', () => {
  const rows = Array.from({ length: 2 * CHECK_EVERY_SESSIONS + 11 }, () => [10, 20]);

  test('progress is told every so many sessions and at the end', () => {
    const told: number[] = [];
    runBacktest(inputOf(rows), { onProgress: (done) => told.push(done) });
    expect(told).toEqual([64, 128, 138]);
  });

  test('it stops at the first check after it is asked to', () => {
    expect(runBacktest(inputOf(rows), { shouldStop: () => true })).toEqual({
      ok: false,
      reason: 'CANCELED',
      sessionsDone: 64,
    });
  });
});

describe('input that only a bug can make', () => {
  test.each<[string, Partial<BacktestInput>]>([
    ['weights that sum to 1', { compositions: composed(0.5, 0.4999) }],
    ['weights of zero or more', { compositions: composed(1.5, -0.5) }],
    ['a composition from session 0 on', { compositions: [] }],
    ['costs of 0 to', { costs: flatCosts(2, -1) }],
    ['opens, was 0', { execution: 'NEXT_OPEN' }],
    ['a positive base', { baseLevel: 0 }],
  ])('throws: %s', (message, changes) => {
    expect(() => runBacktest(inputOf(ROWS, changes))).toThrow(message);
  });

  function composed(...weights: number[]) {
    return [{ fromSession: 0, weights: Float64Array.from(weights) }];
  }
});
