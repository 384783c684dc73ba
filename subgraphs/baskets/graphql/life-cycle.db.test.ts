import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BasketLifeWorld,
  openBasketLifeWorld,
  type Person,
} from '../../../test/support/basket-life-world.ts';
import { decimal } from '#kernel/decimal';
import type { Caller } from '../domain/basket-caller.ts';
import { firstBrokenLink } from '../domain/audit-chain.ts';
import { level } from '../domain/index-level.ts';
import { createAuditReader } from '../store/audit-reader.ts';
import { approveBasket } from '../use-cases/approve-basket.ts';
import { completeListing } from '../use-cases/complete-listing.ts';
import { reportBacktestCompleted, reportBacktestErrored } from '../use-cases/report-backtest.ts';
import { reportVendorStatus } from '../use-cases/report-vendor-status.ts';
import { systemRequest } from '../use-cases/submit-command.ts';

let world: BasketLifeWorld;
beforeAll(async () => {
  world = await openBasketLifeWorld();
});
afterAll(() => world.close());

const mia: Person = { user: 'mia', roles: ['portfolio_manager'] };
const max: Person = { user: 'max', roles: ['portfolio_manager', 'approver'] };
const carl: Person = { user: 'carl', roles: ['approver'] };
const cora: Person = { user: 'cora', roles: ['approver'] };
const otto: Person = { user: 'otto', roles: ['operations'] };

const newBasket = (code: string, changes: Record<string, unknown> = {}) => ({
  code,
  name: code,
  currency: 'USD',
  weighting: 'FIXED',
  constituents: [
    { symbol: 'A', weight: '0.6' },
    { symbol: 'B', weight: '0.4' },
  ],
  ...changes,
});
const window = { from: '2026-01-05', to: '2026-11-19' };

async function runningBacktest(code: string) {
  const [row] = await world.sql<{ backtestId: string; versionHash: string }[]>`
    select t.backtest_id as "backtestId", t.version_hash as "versionHash"
    from baskets.backtest t join baskets.basket using (basket_id)
    where code = ${code} and t.status in ('QUEUED', 'RUNNING')`;
  if (!row) throw new Error(`no backtest of ${code} waits`);
  return { code, ...row };
}

async function submitted(code: string, changes: Record<string, unknown> = {}) {
  await world.command(mia, 'createBasket', newBasket(code, changes));
  await world.command(mia, 'triggerBacktest', { code, ...window });
  await reportBacktestCompleted(world.deps, await runningBacktest(code));
  return world.command(mia, 'submitBasketForApproval', { code });
}

describe('BK-2 the life of a basket through GraphQL', () => {
  test("the seed's path ends in LISTING, then the basket is live", async () => {
    const code = 'SEED';
    expect(await world.command(mia, 'createBasket', newBasket(code))).toMatchObject({
      basket: { state: 'DRAFT', revision: 1 },
    });
    expect(await world.command(mia, 'triggerBacktest', { code, ...window })).toMatchObject({
      basket: { state: 'BACKTESTING' },
      transition: { event: 'TRIGGER_BACKTEST', from: 'DRAFT', to: 'BACKTESTING' },
    });
    expect(await reportBacktestCompleted(world.deps, await runningBacktest(code))).toMatchObject({
      ok: true,
    });
    expect(await world.command(mia, 'submitBasketForApproval', { code })).toMatchObject({
      basket: { state: 'PENDING_APPROVAL', version: { number: 1, status: 'SUBMITTED' } },
    });
    expect(await world.command(carl, 'approveBasket', { code })).toMatchObject({
      basket: { state: 'LISTING', version: { status: 'APPROVED' } },
      transition: { event: 'APPROVE_BASKET', from: 'PENDING_APPROVAL', to: 'LISTING' },
    });
    const listed = await completeListing(world.deps, { code, level: level(decimal('1000')) });
    expect(listed).toMatchObject({ ok: true });
    expect(
      await world.ask(
        mia,
        `{ basket(code: "SEED") { state allowedEvents
          version { status origin makers effectiveAt
            approvals { submission submittedBy required status
              given { approver onBehalfOf } } } } }`,
      ),
    ).toEqual({
      basket: {
        state: 'ACTIVE',
        allowedEvents: ['SCHEDULE_REBALANCE', 'REQUEST_DELISTING'],
        version: {
          status: 'EFFECTIVE',
          origin: 'EDIT',
          makers: ['mia'],
          effectiveAt: '2026-11-20T11:00:00.000Z',
          approvals: [
            {
              submission: 1,
              submittedBy: 'mia',
              required: 1,
              status: 'APPROVED',
              given: [{ approver: 'carl', onBehalfOf: null }],
            },
          ],
        },
      },
    });
  });

  test('a backtest that failed, was stopped or has no prices leaves its trace', async () => {
    const code = 'TRACE';
    await world.command(mia, 'createBasket', newBasket(code));
    const tooLong = { code, from: '2020-01-01', to: '2026-11-19' };
    expect(await world.command(mia, 'triggerBacktest', tooLong)).toEqual({
      reason: 'NO_PRICE_HISTORY',
      message:
        'expected closes from 2020-01-01 to 2026-11-19; ' +
        'A has them from 2026-01-05 to 2026-11-19, B has them from 2026-01-05 to 2026-11-19',
    });
    const join = { ...tooLong, missingPrices: 'JOIN_AT_NEXT_REBALANCE', benchmarkSymbol: 'c' };
    await world.command(mia, 'triggerBacktest', join);
    expect(await world.command(mia, 'cancelBacktest', { code })).toMatchObject({
      basket: { state: 'DRAFT' },
    });
    await world.command(mia, 'triggerBacktest', { code, ...window });
    await reportBacktestErrored(world.deps, {
      ...(await runningBacktest(code)),
      reason: 'no luck',
    });
    const rows = await world.sql`
      select t.status, t.error, t.params->>'benchmarkSymbol' as benchmark, t.requested_by as by
      from baskets.backtest t join baskets.basket using (basket_id)
      where code = ${code} order by t.backtest_id`;
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { status: 'CANCELED', error: null, benchmark: 'C', by: 'mia' },
      { status: 'FAILED', error: 'no luck', benchmark: null, by: 'mia' },
    ]);
    expect(
      await world.ask(
        mia,
        `{ basket(code: "TRACE") { state transitions(withRefused: true) {
          edges { node { event to refusal comment actor } } } } }`,
      ),
    ).toMatchObject({
      basket: {
        state: 'BACKTEST_FAILED',
        transitions: {
          edges: [
            { node: { event: 'CREATE_BASKET' } },
            { node: { event: 'TRIGGER_BACKTEST', refusal: 'NO_PRICE_HISTORY', to: 'DRAFT' } },
            { node: { event: 'TRIGGER_BACKTEST', refusal: null } },
            { node: { event: 'CANCEL_BACKTEST', actor: 'mia' } },
            { node: { event: 'TRIGGER_BACKTEST' } },
            { node: { event: 'BACKTEST_ERRORED', comment: 'no luck', actor: 'system' } },
          ],
        },
      },
    });
  });

  test('BK-3 the maker is never the checker, and the attempt is in the chained trail', async () => {
    const code = 'FOUREYES';
    await world.command(mia, 'createBasket', newBasket(code));
    await world.command(max, 'editBasket', { code, version: 1, name: 'New', onBehalfOf: 'olga' });
    await world.command(mia, 'triggerBacktest', { code, ...window });
    await reportBacktestCompleted(world.deps, await runningBacktest(code));
    await world.command(mia, 'submitBasketForApproval', { code });
    for (const by of [max, { user: 'olga', roles: ['approver'] } as Person]) {
      expect(await world.command(by, 'approveBasket', { code })).toMatchObject({
        reason: 'MAKER_IS_CHECKER',
      });
    }
    expect(await world.command(carl, 'approveBasket', { code, onBehalfOf: 'max' })).toMatchObject({
      reason: 'MAKER_IS_CHECKER',
    });
    const bot: Person = { user: 'bot', roles: ['partner', 'approver'] };
    expect(await world.command(bot, 'approveBasket', { code })).toMatchObject({
      reason: 'SERVICE_MAY_NOT_APPROVE',
    });
    await expect(world.command(mia, 'approveBasket', { code })).rejects.toThrow(
      /needs the scope baskets:approve/,
    );
    expect(await world.command(carl, 'rejectBasket', { code })).toMatchObject({
      reason: 'COMMENT_REQUIRED',
    });
    expect(
      await world.command(carl, 'rejectBasket', { code, comment: 'too narrow' }),
    ).toMatchObject({ basket: { state: 'REJECTED', version: { status: 'REJECTED' } } });
    const [basket] = await world.sql<{ id: string }[]>`
      select basket_id as id from baskets.basket where code = ${code}`;
    const trail = await createAuditReader(world.sql).page(
      basket?.id ?? '',
      { list: 'transitions', first: 100, after: undefined },
      { withRefused: true },
    );
    expect(trail.filter(({ refusal }) => refusal === 'MAKER_IS_CHECKER')).toMatchObject([
      { actor: 'max', onBehalfOf: null },
      { actor: 'olga' },
      { actor: 'carl', onBehalfOf: 'max' },
    ]);
    expect(firstBrokenLink(trail, sha256)).toBeNull();
  });

  test('BK-3 a large basket needs two people', async () => {
    const code = 'LARGE';
    await submitted(code, { notional: '250000000' });
    expect(await world.command(carl, 'approveBasket', { code })).toMatchObject({
      basket: { state: 'PENDING_APPROVAL' },
      transition: { from: 'PENDING_APPROVAL', to: 'PENDING_APPROVAL' },
    });
    expect(await world.command(carl, 'approveBasket', { code })).toMatchObject({
      reason: 'ALREADY_APPROVED',
    });
    expect(await world.command(cora, 'approveBasket', { code })).toMatchObject({
      basket: { state: 'LISTING' },
    });
  });

  test('BK-11 two checkers at once: one decision, one VERSION_CONFLICT', async () => {
    const code = 'RACE';
    const pending = await submitted(code);
    const revision = pending.basket?.revision;
    const answers = await Promise.all([
      world.command(carl, 'approveBasket', { code, revision }),
      world.command(cora, 'rejectBasket', { code, revision, comment: 'no' }),
    ]);
    expect(answers.filter(({ reason }) => reason === 'VERSION_CONFLICT')).toHaveLength(1);
    expect(answers.filter(({ basket }) => basket !== undefined)).toHaveLength(1);
  });

  test('the maker of a version is not offered to approve it, whatever roles he has', async () => {
    await submitted('OWNOFFER');
    const both = { user: 'mia', roles: ['portfolio_manager', 'approver'] } as const;
    const offered = '{ basket(code: "OWNOFFER") { allowedEvents } }';
    expect(await world.ask(both, offered)).toEqual({
      basket: { allowedEvents: ['WITHDRAW_SUBMISSION'] },
    });
    expect(await world.ask(carl, offered)).toEqual({
      basket: { allowedEvents: ['APPROVE_BASKET', 'REQUEST_CHANGES', 'REJECT_BASKET'] },
    });
  });

  test('the same command id twice has one effect and one answer', async () => {
    const code = 'TWICE';
    await submitted(code, { notional: '250000000' });
    const once = await world.command(carl, 'approveBasket', { code, commandId: 'ok-1' });
    expect(await world.command(carl, 'approveBasket', { code, commandId: 'ok-1' })).toEqual(once);
    expect(
      await world.command(carl, 'rejectBasket', { code, commandId: 'ok-1', comment: 'x' }),
    ).toMatchObject({ reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT' });
    const [row] = await world.sql`
      select count(*)::int as count from baskets.approval join baskets.basket using (basket_id)
      where code = ${code}`;
    expect(row?.['count']).toBe(1);
  });

  test('a vendor that comes late, or twice, is noted once', async () => {
    const code = 'VENDORS';
    const vendors = [{ vendor: 'bloomberg', isMandatory: false }];
    await submitted(code);
    const caller: Caller = {
      actor: 'carl',
      onBehalfOf: null,
      roles: ['approver'],
      scopes: ['baskets:approve'],
      isService: false,
    };
    await approveBasket({ ...world.deps, vendors }, { ...systemRequest('c', null), caller }, code);
    await completeListing(world.deps, { code, level: level(decimal('1000')) });
    const report = { code, vendor: 'bloomberg', status: 'LISTED', vendorId: 'BBG1' } as const;
    expect(await reportVendorStatus(world.deps, report)).toMatchObject({ ok: true });
    expect(await reportVendorStatus(world.deps, report)).toMatchObject({ ok: true });
    const rows = await world.sql`
      select v.vendor, v.status, v.vendor_id, (
        select count(*)::int from baskets.event_store e
        where e.basket_id = v.basket_id and e.event_type = 'VendorReported') as facts
      from baskets.vendor_listing v join baskets.basket using (basket_id) where code = ${code}`;
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { vendor: 'bloomberg', status: 'LISTED', vendor_id: 'BBG1', facts: 1 },
    ]);
  });

  test('halts and removals go through the people they need', async () => {
    const code = 'LEAVING';
    await submitted(code);
    await world.command(carl, 'approveBasket', { code });
    await completeListing(world.deps, { code, level: level(decimal('1000')) });
    expect(
      await world.command(otto, 'suspendBasket', { code, comment: 'feed is down' }),
    ).toMatchObject({ basket: { state: 'SUSPENDED' } });
    expect(await world.command(otto, 'resumeBasket', { code })).toMatchObject({
      basket: { state: 'ACTIVE' },
    });
    expect(await world.command(mia, 'requestDelisting', { code })).toMatchObject({
      basket: { state: 'ACTIVE' },
    });
    expect(await world.command(carl, 'requestDelisting', { code })).toMatchObject({
      basket: { state: 'DELISTING' },
    });
    expect(
      await world.ask(
        mia,
        `{ basket(code: "LEAVING") { delisting {
        lastDate requestedBy confirmedBy completedAt } } }`,
      ),
    ).toEqual({
      basket: {
        delisting: {
          lastDate: '2026-11-20',
          requestedBy: 'mia',
          confirmedBy: 'carl',
          completedAt: null,
        },
      },
    });
    expect(await world.command(otto, 'forceDelisting', { code })).toMatchObject({
      reason: 'NOT_DUE',
    });
  });
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
