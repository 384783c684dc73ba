import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { backtestFault, MAX_WINDOW_DAYS, type PriceGaps } from './backtest-params.ts';
import {
  after,
  attempt,
  carl,
  CLOSE,
  DAY,
  fixed,
  HISTORIES,
  mia,
  MINUTE,
  NOW,
  otto,
  params,
  reference,
  step,
  SYSTEM,
  TODAY,
} from './basket-test-support.ts';
import { timersOf } from './basket-timers.ts';
import { currentVersion } from './basket.ts';
import { level } from './index-level.ts';

const noNames = { ...reference, instruments: new Map() };
const day = businessDate;

describe('BK-4 guards of a backtest', () => {
  const fault = (changes: object, gaps: PriceGaps = new Map()) =>
    backtestFault({ ...params, ...changes }, { today: TODAY, symbols: ['A', 'B'], gaps });

  // In order of precedence: each row carries the faults of the rows below it where it can.
  test.each<[string, object, PriceGaps, RegExp]>([
    ['INVALID_WINDOW', { to: params.from }, new Map(), /from before to/],
    ['INVALID_WINDOW', { to: day('2026-11-21') }, new Map(), /not after 2026-11-20/],
    [
      'INVALID_WINDOW',
      { from: day('2010-01-01'), costBps: decimal('-1') },
      new Map(),
      new RegExp(`at most ${MAX_WINDOW_DAYS} days`),
    ],
    ['INVALID_BACKTEST_RULE', { costBps: decimal('1000.1') }, new Map(), /costBps from 0 to 1000/],
    ['INVALID_BACKTEST_RULE', { maxCarriedSessions: 21 }, new Map(), /was 21/],
    ['INVALID_BACKTEST_RULE', { leastStartWeight: decimal('1.1') }, new Map([['A', null]]), /1.1/],
    ['NO_PRICE_HISTORY', { benchmarkSymbol: 'SPX' }, new Map([['SPX', null]]), /benchmark SPX/],
    ['NO_PRICE_HISTORY', {}, new Map([['A', null]]), /A has none$/],
    [
      'NO_PRICE_HISTORY',
      {},
      new Map([['B', { first: day('2020-01-02'), last: day('2026-11-19') }]]),
      /B has them from 2020-01-02 to 2026-11-19$/,
    ],
    [
      'NO_PRICE_HISTORY',
      { missingPrices: 'JOIN_AT_NEXT_REBALANCE' },
      new Map([
        ['A', null],
        ['B', { first: day('2001-01-02'), last: day('2009-11-19') }],
      ]),
      /A has none, B has them from/,
    ],
  ])('refuses with %s', (reason, changes, gaps, message) => {
    expect(fault(changes, gaps)).toEqual({
      ok: false,
      reason,
      message: expect.stringMatching(message),
    });
  });

  test('lets names join later when one at least has prices', () => {
    expect(fault({ missingPrices: 'JOIN_AT_NEXT_REBALANCE' }, new Map([['A', null]]))).toBe(
      undefined,
    );
    expect(fault({})).toBe(undefined);
  });

  test('freezes the version and gives it five minutes', () => {
    const basket = after(...HISTORIES.BACKTESTING);
    expect(basket.backtest).toEqual({
      backtestId: 'bt_1',
      versionNumber: 1,
      versionHash: currentVersion(basket).hash,
      deadlineMs: NOW + 5 * MINUTE,
    });
    expect(attempt(basket, step('BACKTEST_TIMEOUT', SYSTEM))).toMatchObject({ reason: 'NOT_DUE' });
  });

  test.each([{ backtestId: 'bt_0' }, { versionHash: '#other' }])(
    'ignores the report of another backtest: %o',
    (other) => {
      const basket = after(...HISTORIES.BACKTESTING);
      for (const event of ['BACKTEST_COMPLETED', 'BACKTEST_ERRORED'] as const) {
        expect(attempt(basket, step(event, SYSTEM, { with: other }))).toMatchObject({
          reason: 'BACKTEST_NOT_CURRENT',
        });
      }
    },
  );

  test('a late completion after the cancellation is refused', () => {
    const basket = after(...HISTORIES.BACKTESTING, step('CANCEL_BACKTEST', mia));
    expect(basket).toMatchObject({ state: 'DRAFT', backtest: null });
    expect(attempt(basket, step('BACKTEST_COMPLETED', SYSTEM))).toMatchObject({
      reason: 'ILLEGAL_TRANSITION',
    });
  });

  test('refuses unknown names and a full queue', () => {
    const basket = after(...HISTORIES.DRAFT);
    expect(
      attempt(basket, step('TRIGGER_BACKTEST', mia, { with: { reference: noNames } })),
    ).toMatchObject({ reason: 'UNKNOWN_SYMBOL' });
    expect(attempt(basket, step('TRIGGER_BACKTEST', mia, { with: { queued: 200 } }))).toMatchObject(
      { reason: 'BACKTEST_QUEUE_FULL' },
    );
  });
});

describe('BK-3 guards of a submission and a launch', () => {
  test('a backtest older than 30 days does not count', () => {
    const basket = after(...HISTORIES.BACKTESTED);
    const submit = (days: number) =>
      attempt(basket, step('SUBMIT_FOR_APPROVAL', mia, { atMs: NOW + days * DAY }));
    expect(submit(30)).toMatchObject({ ok: true });
    expect(submit(31)).toMatchObject({ reason: 'BACKTEST_TOO_OLD' });
  });

  test('a backtest of another content does not count', () => {
    const basket = after(...HISTORIES.BACKTESTED);
    const other = { ...basket, lastBacktest: { ...basket.lastBacktest, versionHash: '#other' } };
    expect(attempt(other as typeof basket, step('SUBMIT_FOR_APPROVAL', mia))).toMatchObject({
      reason: 'BACKTEST_NOT_CURRENT',
    });
  });

  test('a backtest with an input that was corrected since does not count', () => {
    const basket = after(...HISTORIES.BACKTESTED);
    const because = 'prices of A changed between 2024-01-15 and 2024-01-16';
    const submit = (backtestId: string) =>
      attempt(
        basket,
        step('SUBMIT_FOR_APPROVAL', mia, { with: { superseded: { backtestId, because } } }),
      );
    expect(submit('bt_1')).toEqual({
      ok: false,
      reason: 'BACKTEST_NOT_CURRENT',
      message: `backtest bt_1 is superseded, as ${because}; run it again`,
    });
    expect(submit('bt_0')).toMatchObject({ ok: true });
  });

  test('names that are not known any longer fail compliance, also at the launch', () => {
    const wanting = { with: { reference: noNames } };
    const submission = step('SUBMIT_FOR_APPROVAL', mia, wanting);
    expect(attempt(after(...HISTORIES.BACKTESTED), submission)).toMatchObject({
      reason: 'COMPLIANCE_FAILED',
      message: expect.stringMatching(/UNKNOWN_SYMBOL: .* A, B$/),
    });
    const launch = step('LAUNCH_DUE', SYSTEM, { ...wanting, atMs: NOW + DAY });
    expect(attempt(after(...HISTORIES.APPROVED), launch)).toMatchObject({
      reason: 'COMPLIANCE_FAILED',
    });
  });

  test('a launch waits for its moment', () => {
    const early = step('LAUNCH_DUE', SYSTEM, { atMs: NOW + DAY - 1 });
    expect(attempt(after(...HISTORIES.APPROVED), early)).toMatchObject({ reason: 'NOT_DUE' });
  });
});

describe('BK-5 guards of a listing', () => {
  const listed = (vendor: string) => step('VENDOR_LISTED', SYSTEM, { with: { vendor } });

  test('only the quorum of mandatory vendors with a valid level is live', () => {
    const completed = step('LISTING_COMPLETED', SYSTEM);
    const optional = after(...HISTORIES.LISTING, listed('refinitiv'));
    expect(attempt(optional, completed)).toMatchObject({
      reason: 'QUORUM_NOT_REACHED',
      message: expect.stringMatching(/bloomberg \(NOT_SENT\)$/),
    });
    const quorum = after(...HISTORIES.LISTING, listed('bloomberg'));
    expect(attempt(quorum, completed)).toMatchObject({ ok: true });
    for (const worthless of [null, level(0n)]) {
      const decision = attempt(
        quorum,
        step('LISTING_COMPLETED', SYSTEM, { with: { level: worthless } }),
      );
      expect(decision).toMatchObject({ reason: 'NO_VALUATION' });
    }
  });

  test('without vendors there is nothing to wait for', () => {
    const alone = step('APPROVE_BASKET', carl, { with: { vendors: [] } });
    const basket = after(...HISTORIES.PENDING_APPROVAL, alone);
    expect(attempt(basket, step('LISTING_COMPLETED', SYSTEM))).toMatchObject({ ok: true });
  });

  test('it is given up after two minutes, or when a mandatory vendor is lost', () => {
    const exhausted = (reason: string | null, atMs = NOW) =>
      step('LISTING_EXHAUSTED', SYSTEM, { with: { reason }, atMs });
    const fresh = after(...HISTORIES.LISTING);
    expect(attempt(fresh, exhausted('retries are used up'))).toMatchObject({ reason: 'NOT_DUE' });
    expect(attempt(fresh, exhausted(null, NOW + 2 * MINUTE - 1))).toMatchObject({
      reason: 'NOT_DUE',
    });
    expect(attempt(fresh, exhausted(null, NOW + 2 * MINUTE))).toMatchObject({ ok: true });
    const lost = after(...HISTORIES.LISTING, step('VENDOR_LISTING_FAILED', SYSTEM));
    expect(attempt(lost, exhausted('retries are used up'))).toMatchObject({ ok: true });
  });

  test('a retry leaves alone who lists it, and counts from nothing for the others', () => {
    const basket = after(
      ...HISTORIES.LISTING,
      listed('refinitiv'),
      step('VENDOR_LISTING_FAILED', SYSTEM),
      step('LISTING_EXHAUSTED', SYSTEM, { with: { reason: 'lost' } }),
      step('RETRY_LISTING', otto, { atMs: NOW + DAY }),
    );
    expect(basket.listing).toMatchObject({
      startedAtMs: NOW + DAY,
      deadlineMs: NOW + DAY + 2 * MINUTE,
      vendors: [
        { vendor: 'bloomberg', status: 'NOT_SENT', attempts: 0, reason: null },
        { vendor: 'refinitiv', status: 'LISTED', vendorId: 'BBG1' },
      ],
    });
  });

  test('only a rejected definition goes back to its maker, the version as a draft', () => {
    const timedOut = after(
      ...HISTORIES.LISTING,
      step('LISTING_EXHAUSTED', SYSTEM, { atMs: NOW + 2 * MINUTE }),
    );
    expect(attempt(timedOut, step('RETURN_TO_DRAFT', mia))).toMatchObject({
      reason: 'NO_VENDOR_REJECTED',
    });
    const draft = after(...HISTORIES.LISTING_FAILED, step('RETURN_TO_DRAFT', mia));
    expect(draft).toMatchObject({
      state: 'DRAFT',
      approval: null,
      versions: [{ status: 'DRAFT' }],
    });
  });

  test('an unknown vendor has nothing to say; a late one is noted beside the life cycle', () => {
    const note = (vendor: string, status: 'LISTED' | 'DELISTED') => ({
      command: { type: 'NoteVendor' as const, vendor, status, vendorId: 'RIC', reason: null },
      asked: step('CANCEL_BASKET', SYSTEM).asked,
    });
    const active = after(...HISTORIES.ACTIVE);
    expect(attempt(active, note('nobody', 'LISTED'))).toMatchObject({ reason: 'UNKNOWN_VENDOR' });
    const noted = after(...HISTORIES.ACTIVE, note('refinitiv', 'LISTED'));
    expect(noted).toMatchObject({
      state: 'ACTIVE',
      revision: active.revision,
      listing: { vendors: [{}, { vendor: 'refinitiv', status: 'LISTED', vendorId: 'RIC' }] },
    });
    expect(attempt(noted, note('refinitiv', 'LISTED'))).toEqual({ ok: true, events: [] });
  });
});

describe('BK-2 what falls due', () => {
  test.each([
    ['DRAFT', []],
    ['BACKTESTING', [{ kind: 'BACKTEST_TIMEOUT', dueAtMs: NOW + 5 * MINUTE, versionNumber: 1 }]],
    ['PENDING_APPROVAL', [{ kind: 'APPROVAL_EXPIRED', dueAtMs: NOW + 14 * DAY, versionNumber: 1 }]],
    ['APPROVED', [{ kind: 'LAUNCH_DUE', dueAtMs: NOW + DAY, versionNumber: 1 }]],
    ['LISTING', [{ kind: 'LISTING_EXHAUSTED', dueAtMs: NOW + 2 * MINUTE, versionNumber: null }]],
    ['LISTING_FAILED', []],
    ['ACTIVE', []],
    ['DELISTING', [{ kind: 'DELISTING_COMPLETED', dueAtMs: CLOSE, versionNumber: null }]],
    ['DELISTED', []],
    ['CANCELLED', []],
  ] as const)('in %s: %o', (state, timers) => {
    expect(timersOf(after(...HISTORIES[state]))).toEqual(timers);
  });

  test('a rejected basket is edited without losing its trace', () => {
    const basket = after(
      ...HISTORIES.REJECTED,
      step('EDIT_BASKET', mia, { with: { constituents: fixed(['A', '1']) } }),
    );
    expect(basket.versions.map(({ status }) => status)).toEqual(['REJECTED', 'DRAFT']);
  });
});
