/**
 * Journey J1 as its people live it: a portfolio manager builds a basket and tests it on history,
 * another person approves it, vendors list it, its level is live, it is rebalanced and taken off.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Answer,
  command,
  HISTORY,
  startFeed,
  vendorAt,
  writeHistory,
} from '../support/basket-journey.ts';
import type { GraphqlClient, Subscription } from '../support/graphql-client.ts';
import { startTestPlatform, type TestPlatform } from '../support/running-platform.ts';

const CODE = 'WAVES';
const SYMBOLS = ['WAVA', 'WAVB', 'WAVC', 'WAVD'];
const START_LIMIT_MS = 90_000;
const STORY_MS = 60_000;
const SOON = { timeout: 15_000, interval: 100 };
/** Long enough for the answer to the approval to be given before. */
const LISTING_MS = 1_500;
const TOLERANCE = 1e-9;
/** Seed 000 §4.2: completeBasketWorkflow_FromDraftToActive. */
const PATH_OF_THE_SEED = [
  'DRAFT TRIGGER_BACKTEST BACKTESTING',
  'BACKTESTING BACKTEST_COMPLETED BACKTESTED',
  'BACKTESTED SUBMIT_FOR_APPROVAL PENDING_APPROVAL',
  'PENDING_APPROVAL APPROVE_BASKET LISTING',
];

interface Changed {
  readonly basketStateChanged: {
    readonly event: string;
    readonly from: string;
    readonly to: string;
  };
}
interface Breached {
  readonly slaBreached: {
    readonly kind: string;
    readonly vendor: string | null;
    readonly limitMs: number;
    readonly actualMs: number;
  };
}
interface LevelEvent {
  readonly basketLevels: {
    readonly level: string | null;
    readonly versionNumber: number;
    readonly quality: string;
  };
}

describe('BK-1 to BK-9 J1 from an idea to a live price and back', { timeout: STORY_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-journey-'));
  let platform: TestPlatform;
  let manager: GraphqlClient;
  let approver: GraphqlClient;
  let feed: ReturnType<typeof startFeed>;
  let vendors: readonly ReturnType<typeof vendorAt>[] = [];
  let changes: Subscription<Changed>;
  let levels: Subscription<LevelEvent>;
  let breaches: Subscription<Breached>;

  beforeAll(async () => {
    const file = join(folder, 'waves.csv');
    writeHistory(file, SYMBOLS);
    platform = await startTestPlatform(
      { INDEX_CLOSE_UTC: '00:00', INDEX_DAYS: 'all' },
      async ({ command: run }) => void (await run('import.ts', 'prices', file)),
    );
    manager = await platform.as('portfolio_manager', { user: 'mia' });
    approver = await platform.as('approver', { user: 'carl' });
    vendors = platform.emulatorUrls.map((url) => vendorAt(url, CODE));
    feed = startFeed(await platform.as('feed'), SYMBOLS);
    await feed.set({});
    changes = manager.subscribe(
      `subscription { basketStateChanged(codes: ["${CODE}"]) { event from to } }`,
    );
    levels = approver.subscribe(
      `subscription { basketLevels(codes: ["${CODE}"]) { level versionNumber quality } }`,
    );
    breaches = manager.subscribe(
      `subscription { slaBreached(codes: ["${CODE}"]) { kind vendor limitMs actualMs } }`,
    );
  }, START_LIMIT_MS);

  afterAll(async () => {
    await platform.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const input = { code: CODE };
  const allowedTo = async (by: GraphqlClient): Promise<readonly string[]> => {
    const { basket } = await by.fetch<{ basket: NonNullable<Answer['basket']> }>(
      `{ basket(code: "${CODE}") { state allowedEvents } }`,
    );
    return basket.allowedEvents.toSorted();
  };
  const reaches = (state: string) =>
    changes.next(({ basketStateChanged }) => basketStateChanged.to === state);

  test('it is built, edited, and tested on three years of history', async () => {
    const created = await command(manager, 'createBasket', {
      ...input,
      name: 'Waves',
      currency: 'USD',
      weighting: 'EQUAL',
      constituents: [{ symbol: 'WAVA' }, { symbol: 'WAVB' }],
    });
    expect(created).toMatchObject({ basket: { state: 'DRAFT' } });
    expect(await allowedTo(approver)).toEqual([]);
    expect(created.basket?.allowedEvents.toSorted()).toEqual([
      'CANCEL_BASKET',
      'EDIT_BASKET',
      'TRIGGER_BACKTEST',
    ]);
    const names = (last: string) => [
      { symbol: 'WAVA', weight: '0.5' },
      { symbol: 'WAVB', weight: '0.3' },
      { symbol: 'WAVC', weight: last },
    ];
    const edit = { ...input, version: 1, weighting: 'FIXED' };
    expect(
      await command(manager, 'editBasket', { ...edit, constituents: names('0.1999') }),
    ).toEqual({
      reason: 'WEIGHTS_DO_NOT_SUM_TO_ONE',
      message: expect.stringContaining('0.9999'),
    });
    expect(
      await command(manager, 'editBasket', { ...edit, constituents: names('0.2') }),
    ).toMatchObject({ transition: { event: 'EDIT_BASKET', from: 'DRAFT', to: 'DRAFT' } });
    expect(await command(manager, 'submitBasketForApproval', input)).toEqual({
      reason: 'ILLEGAL_TRANSITION',
      message: expect.stringContaining('TRIGGER_BACKTEST'),
    });

    const window = { from: HISTORY.from, to: HISTORY.to, benchmarkSymbol: 'WAVD', costBps: '5' };
    expect(await command(manager, 'triggerBacktest', { ...input, ...window })).toMatchObject({
      transition: { event: 'TRIGGER_BACKTEST', to: 'BACKTESTING' },
    });
    const { basket } = await manager.fetch<{ basket: { backtests: { edges: { node: Run }[] } } }>(
      `{ basket(code: "${CODE}") { backtests { edges { node { id } } } } }`,
    );
    const progress = manager.subscribe<{ backtestProgress: Run }>(
      `subscription ($id: ID!) { backtestProgress(id: $id) {
        id status progress inputsHash metrics { name value undefinedReason } } }`,
      { id: basket.backtests.edges[0]?.node.id },
    );
    const { backtestProgress: done } = await progress.next(
      ({ backtestProgress: { status } }) => status === 'COMPLETED',
    );
    expect(done).toMatchObject({
      progress: 1,
      inputsHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const totalReturn = done.metrics.find(({ name }) => name === 'TOTAL_RETURN');
    expect(totalReturn?.value).toBeGreaterThan(0.1);
    await reaches('BACKTESTED');
  });

  test('nobody approves what he made; the path of seed 000 ends in LISTING', async () => {
    await command(manager, 'submitBasketForApproval', input);
    expect(await allowedTo(manager)).toEqual(['WITHDRAW_SUBMISSION']);
    expect(await allowedTo(approver)).toEqual([
      'APPROVE_BASKET',
      'REJECT_BASKET',
      'REQUEST_CHANGES',
    ]);
    // Without the right to approve it is a failure; with it, by the maker himself, a refusal.
    const { errors } = await manager.request(
      `mutation { approveBasket(input: { code: "${CODE}" }) { __typename } }`,
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
    const makerAsChecker = await platform.as('approver', { user: 'mia' });
    expect(await command(makerAsChecker, 'approveBasket', input)).toMatchObject({
      reason: 'MAKER_IS_CHECKER',
      message: expect.stringContaining('mia'),
    });
    for (const vendor of vendors) await vendor.decideAfter(LISTING_MS);
    const approved = await command(approver, 'approveBasket', input);
    expect(approved).toMatchObject({
      basket: { state: 'LISTING' },
      transition: { to: 'LISTING' },
    });
    const path = (await trail()).map(({ event, from, to }) => `${from} ${event} ${to}`);
    expect(path.filter((step) => PATH_OF_THE_SEED.includes(step))).toEqual(PATH_OF_THE_SEED);
  });

  test('both vendors list it, and its level is live for everybody', async () => {
    await reaches('ACTIVE');
    expect(await listings()).toEqual([
      { vendor: 'bloomberg', status: 'LISTED' },
      { vendor: 'refinitiv', status: 'LISTED' },
    ]);
    expect(await allowedTo(manager)).toEqual(['REQUEST_DELISTING', 'SCHEDULE_REBALANCE']);
    expect(await allowedTo(approver)).toEqual(['REQUEST_DELISTING']);
    // All names stood at 100 and the index at 1000; half of it is the name that moves.
    await feed.set({ WAVA: 100.8 });
    await levels.next(({ basketLevels }) => isAbout(basketLevels.level, 1_004));
    for (const vendor of vendors) {
      await expect.poll(vendor.levels, SOON).toContain(1_004);
      expect(await vendor.listing()).toEqual(['LISTED', 'WAVA', 'WAVB', 'WAVC']);
    }
    const session = { state: 'LIVE', endpoint: 'PRIMARY', priceBreaker: 'CLOSED' };
    const served = () =>
      approver.fetch(`{ vendorServices { vendor session { state endpoint priceBreaker } } }`);
    await expect.poll(served, SOON).toEqual({
      vendorServices: [
        { vendor: 'bloomberg', session },
        { vendor: 'refinitiv', session },
      ],
    });
  });

  test('a rebalance is approved, applied after the close, and the level goes on', async () => {
    await vendors[1]?.answerLate();
    // Its close is the last price of the day, whichever day it is by now.
    await feed.set({});
    const proposed = await command(manager, 'rebalanceBasket', {
      ...input,
      weighting: 'EQUAL',
      constituents: [{ symbol: 'WAVA' }, { symbol: 'WAVD' }],
      effectiveDate: today(),
    });
    expect(proposed).toMatchObject({ basket: { state: 'ACTIVE' } });
    expect(await allowedTo(approver)).toContain('APPROVE_BASKET');
    await command(approver, 'approveBasket', input);
    await reaches('REBALANCING');
    await reaches('ACTIVE');
    const { basketLevels: after } = await levels.next(
      ({ basketLevels }) => basketLevels.versionNumber === 3 && basketLevels.level !== null,
    );
    expect(isAbout(after.level, 1_004)).toBe(true);
    // Half of it is the new name: 1 % there is 0.5 % here, whatever a name that left does.
    await feed.set({ WAVC: 99.5, WAVD: 101 });
    await levels.next(({ basketLevels }) => isAbout(basketLevels.level, 1_004 * 1.005));
    for (const vendor of vendors) {
      await expect.poll(vendor.listing, SOON).toEqual(['LISTED', 'WAVA', 'WAVD']);
      await expect.poll(vendor.levels, SOON).toContain(1_009.02);
    }
  });

  test('a vendor that answered late is a breach that subscribers hear of', async () => {
    const { slaBreached } = await breaches.next(
      (each) => each.slaBreached.kind === 'PUBLISH' && each.slaBreached.vendor === 'refinitiv',
    );
    expect(slaBreached.limitMs).toBe(2_000);
    expect(slaBreached.actualMs).toBeGreaterThan(2_000);
  });

  test('two persons take it off the market; vendors saw no gap, the trail is whole', async () => {
    const lastDate = { lastDate: today() };
    expect(await command(manager, 'requestDelisting', input, lastDate)).toMatchObject({
      basket: { state: 'ACTIVE' },
    });
    expect(await command(manager, 'requestDelisting', input, lastDate)).toMatchObject({
      reason: 'MAKER_IS_CHECKER',
    });
    await command(approver, 'requestDelisting', input, lastDate);
    await reaches('DELISTED');
    expect(await listings()).toEqual([
      { vendor: 'bloomberg', status: 'DELISTED' },
      { vendor: 'refinitiv', status: 'DELISTED' },
    ]);
    expect([await allowedTo(manager), await allowedTo(approver)]).toEqual([[], []]);
    for (const vendor of vendors) {
      await vendor.expectNoGaps();
      expect((await vendor.listing())[0]).toBe('WITHDRAWN');
    }
    const rows = await trail();
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_, n) => n + 1));
    expect(rows.map(({ previousHash }) => previousHash)).toEqual([
      null,
      ...rows.slice(0, -1).map(({ hash }) => hash),
    ]);
    const told = rows.map(({ actor, event, refusal }) => [actor, event, refusal]);
    expect(told).toEqual(
      expect.arrayContaining([
        ['mia', 'EDIT_BASKET', 'WEIGHTS_DO_NOT_SUM_TO_ONE'],
        ['mia', 'APPROVE_BASKET', 'MAKER_IS_CHECKER'],
        ['carl', 'APPROVE_BASKET', null],
        ['system', 'LISTING_COMPLETED', null],
        ['system', 'REBALANCE_APPLIED', null],
        ['system', 'DELISTING_COMPLETED', null],
      ]),
    );
  });

  async function listings(): Promise<readonly object[]> {
    const { basket } = await approver.fetch<{ basket: { listings: readonly object[] } }>(
      `{ basket(code: "${CODE}") { listings { vendor status } } }`,
    );
    return basket.listings;
  }

  async function trail(): Promise<readonly Row[]> {
    const { basket } = await approver.fetch<{
      basket: { transitions: { edges: readonly { readonly node: Row }[] } };
    }>(`{ basket(code: "${CODE}") { transitions(first: 500, withRefused: true) { edges { node {
      number event from to actor refusal hash previousHash } } } } }`);
    return basket.transitions.edges.map(({ node }) => node);
  }
});

/** To the tolerance of a rebalance. */
const isAbout = (level: string | null, expected: number): boolean =>
  level !== null && Math.abs(Number(level) / expected - 1) <= TOLERANCE;
const today = (): string => new Date().toISOString().slice(0, 10);

interface Run {
  readonly id: string;
  readonly status: string;
  readonly metrics: readonly { readonly name: string; readonly value: number | null }[];
}
interface Row {
  readonly number: number;
  readonly event: string;
  readonly from: string | null;
  readonly to: string;
  readonly actor: string;
  readonly refusal: string | null;
  readonly hash: string;
  readonly previousHash: string | null;
}
