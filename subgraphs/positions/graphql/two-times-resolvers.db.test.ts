import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/contract/ports/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  aaplKeyOf,
  type PositionsOnTest,
  recordingOn,
  sentTrade,
  startPositions,
  testClock,
} from '../../../test/support/positions-world.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { decide } from '../domain/position-decider.ts';
import { keyOf } from '../domain/position-test-support.ts';

let database: TestDatabase;
let positions: PositionsOnTest;
let owner: Sql;
let trader: SubgraphClient;
let recording: ReturnType<typeof recordingOn>;
/** Other files that run in this process have the same clock. */
const startedAtMs = testClock.nowMs();

beforeAll(async () => {
  database = await createTestDatabase();
  owner = postgres(database.ownerUrl, { max: 1 });
  positions = await startPositions(database.url);
  recording = recordingOn(positions.sql);
  trader = clientOf(positions.subgraph, 'trader');
});
afterAll(async () => {
  testClock.advance(startedAtMs - testClock.nowMs());
  await recording.stop();
  await positions.stop();
  await owner.end();
  await database.drop();
});

const MONEY = '{ amount }';
const POSITION = `query ($key: PositionKeyInput!, $effectiveAt: Date, $knownAt: DateTime) {
  position(key: $key, effectiveAt: $effectiveAt, knownAt: $knownAt) {
    version quantity costBasis ${MONEY} realizedPnl ${MONEY} reconciliationStatus
    effectiveAt knownAt lots { id quantity }
    lotsConnection(first: 1) { edges { node { id } } pageInfo { hasNextPage } }
    marketValue ${MONEY} unrealizedPnl ${MONEY} valuationGap
    valuationPrice { price { amount currency } kind date asOf source }
  }
}`;

interface Shown {
  readonly quantity: string;
  readonly costBasis: { readonly amount: string };
  readonly realizedPnl: { readonly amount: string };
}
interface ShownPosition extends Shown {
  readonly version: number;
  readonly reconciliationStatus: string;
}

const keyFor = (accountId: string) => ({ bookId: 'BOOK-1', accountId, symbol: 'AAPL' });
const figures = ({ quantity, costBasis, realizedPnl }: Shown) =>
  [quantity, costBasis.amount, realizedPnl.amount].join(' / ');

async function positionAt(accountId: string, times: { effectiveAt?: string; knownAt?: string }) {
  const data = await trader.data(POSITION, { key: keyFor(accountId), ...times });
  return (data as { position: ShownPosition | null }).position;
}

/** All clocks of the test world stand at the instant. */
function standAt(instant: string): void {
  testClock.advance(Date.parse(instant) - testClock.nowMs());
}

/** Beside the API: its requests have a clock of their own. */
async function record(accountId: string, tradeId: string, trade: Told): Promise<void> {
  const { quantity, price, on, side = 'BUY' } = trade;
  const [recorded] = await recording.recordTrades([
    sentTrade({
      accountId,
      tradeId: `${accountId}-${tradeId}`,
      side,
      quantity: decimal(quantity),
      price: decimal(price),
      effectiveDate: businessDate(on),
    }),
  ]);
  expect(recorded).toMatchObject({ type: 'RECORDED' });
}

interface Told {
  readonly side?: 'BUY' | 'SELL';
  readonly quantity: string;
  readonly price: string;
  readonly on: string;
}

/** The database sets the time of recording: only its owner can pretend that it was another one. */
async function pretendRecordedAt(accountId: string, instants: readonly string[]): Promise<void> {
  await owner`
    update positions.event_store stored set recorded_at = pretended.at
    from unnest(${[...instants]}::text[]::timestamptz[]) with ordinality as pretended (at, version)
    where position_key = ${aaplKeyOf(accountId)} and event_ver = pretended.version`;
  await owner`
    update positions.snapshot_store set last_recorded_at = ${instants.at(-1) ?? null}
    where position_key = ${aaplKeyOf(accountId)}`;
}

const RECORDED_AT = [
  '2026-03-02T15:00:00Z',
  '2026-03-09T15:00:00Z',
  '2026-03-16T15:00:00Z',
  '2026-03-20T10:00:00Z',
  '2026-03-20T10:02:00Z',
  '2026-03-20T10:04:00Z',
] as const;

/**
 * [G-4] of the domain pages: X comes late on 03-20 at 10:00 and is corrected at 10:02. Its contract
 * is generated after that, which counts nothing.
 */
async function tellG4(accountId: string): Promise<void> {
  const [e1, e2, e3, x] = RECORDED_AT;
  standAt(e1);
  await record(accountId, 'E1', { quantity: '100', price: '10', on: '2026-03-02' });
  standAt(e2);
  await record(accountId, 'E2', { quantity: '100', price: '12', on: '2026-03-09' });
  standAt(e3);
  await record(accountId, 'E3', { side: 'SELL', quantity: '150', price: '15', on: '2026-03-16' });
  standAt(x);
  await record(accountId, 'X', { quantity: '80', price: '11', on: '2026-03-05' });
  await eventually(async () => (await positionAt(accountId, {}))?.version === 6);
  await pretendRecordedAt(accountId, RECORDED_AT);
  standAt('2026-03-20T10:05:00Z');
}

describe('PS-9 [G-4] a position at a day, as known at an instant', () => {
  beforeAll(() => tellG4('G4'));

  test.each([
    ['2026-03-05', '2026-03-19T12:00:00Z', '100 / 1000 / 0', 'RECONCILED', 3],
    ['2026-03-05', '2026-03-20T10:01:00Z', '100 / 1000 / 0', 'PROVISIONAL', 4],
    ['2026-03-05', '2026-03-20T10:03:00Z', '180 / 1880 / 0', 'RECONCILED', 5],
    ['2026-03-10', '2026-03-19T12:00:00Z', '200 / 2200 / 0', 'RECONCILED', 3],
    ['2026-03-10', '2026-03-20T10:03:00Z', '280 / 3080 / 0', 'RECONCILED', 5],
    ['2026-03-16', '2026-03-19T12:00:00Z', '50 / 600 / 650', 'RECONCILED', 3],
    ['2026-03-20', '2026-03-20T10:01:00Z', '130 / 1480 / 650', 'PROVISIONAL', 4],
    ['2026-03-20', '2026-03-20T10:03:00Z', '130 / 1530 / 700', 'RECONCILED', 5],
  ])('%s as known at %s', async (effectiveAt, knownAt, expected, status, version) => {
    const found = await positionAt('G4', { effectiveAt, knownAt });
    expect(found && figures(found)).toBe(expected);
    expect(found).toMatchObject({ reconciliationStatus: status, version, effectiveAt });
    expect(Date.parse((found as unknown as { knownAt: string }).knownAt)).toBe(Date.parse(knownAt));
  });

  test.each([
    ['2026-03-19T12:00:00Z', '50 / 600 / 650', '2026-03-19'],
    ['2026-03-20T10:01:00Z', '130 / 1480 / 650', '2026-03-20'],
  ])('only known at %s: the newest figures as known then', async (knownAt, expected, day) => {
    const found = await positionAt('G4', { knownAt });
    expect(found && figures(found)).toBe(expected);
    expect(found).toMatchObject({ effectiveAt: day });
  });

  test('without a time it is the position of now, with a day it is as known now', async () => {
    expect(await positionAt('G4', {})).toMatchObject({ version: 6, quantity: '130' });
    const found = await positionAt('G4', { effectiveAt: '2026-03-05' });
    expect(found && figures(found)).toBe('180 / 1880 / 0');
  });

  test.each([{}, { effectiveAt: '2026-03-05' }, { effectiveAt: '2026-03-10' }])(
    'asked for again at %o, as known when it says, it is the same',
    async (times) => {
      const found = await positionAt('G4', times);
      const { knownAt } = found as unknown as { knownAt: string };
      expect(Date.parse(knownAt)).toBe(Date.parse(RECORDED_AT[5]));
      expect(await positionAt('G4', { ...times, knownAt })).toEqual(found);
      const earlier = new Date(Date.parse(knownAt) - 1).toISOString();
      expect(await positionAt('G4', { ...times, knownAt: earlier })).toMatchObject({ version: 5 });
    },
  );

  test('has the lots of the time asked for', async () => {
    expect(
      await positionAt('G4', { effectiveAt: '2026-03-10', knownAt: '2026-03-20T10:03:00Z' }),
    ).toMatchObject({
      lots: [
        { id: 'G4-E1', quantity: '100' },
        { id: 'G4-X', quantity: '80' },
        { id: 'G4-E2', quantity: '100' },
      ],
      lotsConnection: { edges: [{ node: { id: 'G4-E1' } }], pageInfo: { hasNextPage: true } },
    });
  });

  test('is null before anything counted, and before anything was known', async () => {
    expect(await positionAt('G4', { effectiveAt: '2026-03-01' })).toBeNull();
    expect(await positionAt('G4', { knownAt: '2026-03-02T14:59:59Z' })).toBeNull();
  });

  test('refuses an instant to come', async () => {
    const later = { key: keyFor('G4'), knownAt: '2026-03-20T10:06:00Z' };
    const { errors } = await trader.result(POSITION, later);
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('positionDiff', () => {
  const FIGURES = `{ quantity costBasis ${MONEY} realizedPnl ${MONEY} lotCount }`;
  const DIFF = `query (
    $key: PositionKeyInput!, $effectiveAt: Date, $from: DateTime!, $to: DateTime!, $after: String
  ) {
    positionDiff(key: $key, effectiveAt: $effectiveAt, knownFrom: $from, knownTo: $to) {
      from { version } to { version reconciliationStatus }
      before ${FIGURES} after ${FIGURES} delta ${FIGURES}
      events(first: 1, after: $after) {
        edges { node { version type tradeId } } pageInfo { hasNextPage endCursor }
      }
    }
  }`;
  interface Diff {
    readonly before: Shown;
    readonly after: Shown;
    readonly delta: Shown;
    readonly events: { readonly pageInfo: { readonly endCursor: string } };
  }
  const BETWEEN = { from: '2026-03-19T12:00:00Z', to: '2026-03-20T10:03:00Z' };
  const diffOf = async (asked: object) => {
    const data = await trader.data(DIFF, { key: keyFor('G4'), ...BETWEEN, ...asked });
    return (data as { positionDiff: Diff | null }).positionDiff;
  };
  const shown = (diff: Diff | null) => diff && [diff.before, diff.after, diff.delta].map(figures);

  test('says what a late trade and its correction changed', async () => {
    const diff = await diffOf({});
    expect(shown(diff)).toEqual(['50 / 600 / 650', '130 / 1530 / 700', '80 / 930 / 50']);
    expect(diff).toMatchObject({
      from: { version: 3 },
      to: { version: 5, reconciliationStatus: 'RECONCILED' },
      delta: { lotCount: 1 },
    });
  });

  test('does so for a day of the past', async () => {
    expect(shown(await diffOf({ effectiveAt: '2026-03-05' }))).toEqual([
      '100 / 1000 / 0',
      '180 / 1880 / 0',
      '80 / 880 / 0',
    ]);
  });

  test('has the events recorded in between, in pages, and no others', async () => {
    const first = await diffOf({});
    expect(first).toMatchObject({
      events: {
        edges: [{ node: { version: 4, type: 'PROVISIONAL_TRADE_APPLIED', tradeId: 'G4-X' } }],
        pageInfo: { hasNextPage: true },
      },
    });
    const after = first?.events.pageInfo.endCursor;
    const last = { node: { version: 5, type: 'HISTORICAL_POSITION_CORRECTED' } };
    const isLast = { hasNextPage: false };
    expect(await diffOf({ after })).toMatchObject({ events: { edges: [last], pageInfo: isLast } });
    const upToX = await diffOf({ to: '2026-03-20T10:01:00Z' });
    expect(upToX).toMatchObject({ events: { edges: [{}], pageInfo: isLast } });
  });

  test('starts from nothing, and is null when nothing was known at all', async () => {
    const early = '2026-03-01T00:00:00Z';
    expect(await diffOf({ from: early })).toMatchObject({ from: null, before: { quantity: '0' } });
    expect(await diffOf({ from: early, to: early })).toBeNull();
  });

  test.each([
    ['knownTo is to come', { to: '2026-03-20T10:06:00Z' }],
    ['knownFrom is after knownTo', { from: '2026-03-20T10:04:00Z' }],
  ])('is refused when %s', async (_case, asked) => {
    const { errors } = await trader.result(DIFF, { key: keyFor('G4'), ...BETWEEN, ...asked });
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('the value of a position at another day', () => {
  beforeAll(async () => {
    await owner`
      with s as (
        insert into market_data.price_series
          (instrument_id, source, interval, is_adjusted, is_preferred)
        values ('ins_AAPL', 'sample', 'DAY_1', true, true) returning series_id)
      insert into market_data.price_bar (series_id, business_date, close)
      select series_id, d::date, c from s,
        (values ('2026-03-06', 1300000000), ('2026-03-10', 1400000000)) b(d, c)`;
  });
  const CLOSE = { kind: 'DAILY_CLOSE', asOf: null, source: 'sample' };

  test('is made with the close of that day', async () => {
    expect(await positionAt('G4', { effectiveAt: '2026-03-10' })).toMatchObject({
      marketValue: { amount: '3920' },
      unrealizedPnl: { amount: '840' },
      valuationPrice: { price: { amount: '14', currency: 'USD' }, date: '2026-03-10', ...CLOSE },
      valuationGap: null,
    });
  });

  test('is made with the newest close of the days before it, for a week', async () => {
    expect(await positionAt('G4', { effectiveAt: '2026-03-09' })).toMatchObject({
      marketValue: { amount: '3640' },
      valuationPrice: { date: '2026-03-06' },
    });
    expect(await positionAt('G4', { effectiveAt: '2026-03-17' })).toMatchObject({
      valuationPrice: { date: '2026-03-10' },
    });
    expect(await positionAt('G4', { effectiveAt: '2026-03-18' })).toMatchObject({
      marketValue: null,
      unrealizedPnl: null,
      valuationPrice: null,
      valuationGap: 'NO_PRICE',
    });
  });

  test('is null for a close before a split of the position, whenever that was known', async () => {
    standAt('2026-03-10T15:00:00Z');
    await record('SPLIT', 'T1', { quantity: '100', price: '10', on: '2026-03-06' });
    const asOf = { effectiveAt: '2026-03-06' };
    expect(await positionAt('SPLIT', asOf)).toMatchObject({ marketValue: { amount: '1300' } });

    const key = keyOf({ bookId: 'BOOK-1', accountId: 'SPLIT' });
    const [outcome] = await recording.deps.writers.submit([
      {
        key,
        once: null,
        origin: { source: 'test', user: 'test', correlationId: 'split', causationId: null },
        decide: (position, { today }) =>
          decide(position, {
            type: 'ApplyCorporateAction',
            today,
            action: {
              type: 'SPLIT',
              actionId: 'CA-1',
              effectiveDate: businessDate('2026-03-10'),
              numerator: 2n,
              denominator: 1n,
              cashInLieu: null,
            },
          }),
      },
    ]);
    expect(outcome).toMatchObject({ type: 'RECORDED' });
    expect(await positionAt('SPLIT', asOf)).toMatchObject({
      quantity: '100',
      marketValue: null,
      unrealizedPnl: null,
      valuationPrice: { date: '2026-03-06' },
      valuationGap: 'LATER_CORPORATE_ACTION',
    });
    // The close of the day of the split is of the new units.
    expect(await positionAt('SPLIT', { effectiveAt: '2026-03-10' })).toMatchObject({
      quantity: '200',
      marketValue: { amount: '2800' },
    });
  });
});
