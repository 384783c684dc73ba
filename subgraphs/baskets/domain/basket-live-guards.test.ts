import { describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import {
  after,
  attempt,
  base,
  carl,
  CLOSE,
  DAY,
  HISTORIES,
  mia,
  MINUTE,
  NOW,
  otto,
  person,
  rita,
  SCHEDULED,
  step,
  type Step,
  SYSTEM,
  TODAY,
} from './basket-test-support.ts';
import { timersOf } from './basket-timers.ts';
import { currentVersion, pendingVersion } from './basket.ts';
import { level } from './index-level.ts';

describe('BK-9 guards of a rebalance', () => {
  test('a proposal leaves the basket ACTIVE with its effective version', () => {
    const basket = after(...HISTORIES.ACTIVE, step('SCHEDULE_REBALANCE', mia));
    expect(basket).toMatchObject({
      state: 'ACTIVE',
      versions: [{ status: 'EFFECTIVE' }, { status: 'SUBMITTED', origin: 'REBALANCE' }],
    });
    expect(currentVersion(basket).number).toBe(1);
    expect(pendingVersion(basket)?.number).toBe(2);
  });

  test.each<[string, Step, string]>([
    ['rejected', step('REJECT_BASKET', carl), 'REJECTED'],
    ['sent back', step('REQUEST_CHANGES', carl), 'DRAFT'],
    ['withdrawn', step('WITHDRAW_SUBMISSION', mia), 'DRAFT'],
    ['expired', step('APPROVAL_EXPIRED', SYSTEM, { atMs: NOW + 15 * DAY }), 'DRAFT'],
  ])('when %s, the basket goes on and the next proposal may come', (_how, end, status) => {
    const ended = [...HISTORIES.ACTIVE, step('SCHEDULE_REBALANCE', mia), end];
    expect(after(...ended)).toMatchObject({
      state: 'ACTIVE',
      approval: null,
      rebalance: null,
      versions: [{ status: 'EFFECTIVE' }, { status }],
    });
    const again = after(...ended, step('SCHEDULE_REBALANCE', mia));
    expect(again.versions.map((each) => each.status)).toEqual([
      'EFFECTIVE',
      status === 'DRAFT' ? 'SUPERSEDED' : status,
      'SUBMITTED',
    ]);
  });

  test('one at a time, on a day of the index that is not past', () => {
    const active = after(...HISTORIES.ACTIVE);
    const on = (effectiveDate: string | null) =>
      attempt(active, step('SCHEDULE_REBALANCE', mia, { with: { effectiveDate } }));
    expect(on('2026-11-19')).toMatchObject({ reason: 'INVALID_EFFECTIVE_DATE' });
    expect(on('2026-11-21')).toMatchObject({ reason: 'INVALID_EFFECTIVE_DATE' });
    expect(on('2026-11-23')).toMatchObject({ ok: true });
    expect(on(null)).toMatchObject({ ok: true, events: [{ effectiveDate: TODAY }, {}] });
    const proposed = after(...HISTORIES.ACTIVE, step('SCHEDULE_REBALANCE', mia));
    expect(attempt(proposed, step('SCHEDULE_REBALANCE', mia))).toMatchObject({
      reason: 'REBALANCE_PENDING',
    });
  });

  test('an approval after the effective date moves it to the next day of the index', () => {
    const basket = after(
      ...HISTORIES.ACTIVE,
      step('SCHEDULE_REBALANCE', mia),
      step('APPROVE_BASKET', carl, { atMs: NOW + DAY }),
    );
    expect(basket.rebalance).toMatchObject({
      effectiveDate: '2026-11-23',
      dueAtMs: Date.parse('2026-11-23T22:00:00Z'),
    });
    expect(timersOf(basket)).toEqual([
      { kind: 'START_REBALANCE', dueAtMs: Date.parse('2026-11-23T22:00:00Z'), versionNumber: 2 },
    ]);
  });

  test('starts after the close, with the closes of all names of both versions', () => {
    const basket = after(...SCHEDULED);
    const start = (changes: Readonly<Record<string, unknown>>, atMs = CLOSE) =>
      attempt(basket, step('START_REBALANCE', SYSTEM, { with: changes, atMs }));
    expect(start({}, CLOSE - 1)).toMatchObject({ reason: 'NOT_DUE' });
    expect(start({ versionNumber: 3 })).toMatchObject({ reason: 'VERSION_CONFLICT' });
    expect(start({ closes: [] })).toMatchObject({
      reason: 'CLOSES_MISSING',
      message: expect.stringMatching(/2026-11-20: A, B, C$/),
    });
    expect(start({ level: level(0n) })).toMatchObject({ reason: 'NO_VALUATION' });
    expect(start({})).toMatchObject({ ok: true });
  });

  test('applies only when the level stays to 1e-9 of itself', () => {
    const basket = after(...HISTORIES.REBALANCING);
    const levelAfter = (text: string) =>
      attempt(
        basket,
        step('REBALANCE_APPLIED', SYSTEM, { with: { levelAfter: level(decimal(text)) } }),
      );
    expect(levelAfter('1000.000001')).toMatchObject({ ok: true });
    expect(levelAfter('999.999999')).toMatchObject({ ok: true });
    expect(levelAfter('1000.00000101')).toMatchObject({ reason: 'LEVEL_NOT_CONTINUOUS' });
    expect(
      attempt(
        basket,
        step('REBALANCE_APPLIED', SYSTEM, { with: { base: { ...base, units: [] } } }),
      ),
    ).toMatchObject({ reason: 'LEVEL_NOT_CONTINUOUS' });
    const applied = after(...HISTORIES.REBALANCING, step('REBALANCE_APPLIED', SYSTEM));
    expect(applied).toMatchObject({
      state: 'ACTIVE',
      rebalance: null,
      versions: [{ status: 'SUPERSEDED' }, { status: 'EFFECTIVE', base }],
    });
  });

  test('one that fails or takes too long leaves the old version effective', () => {
    const basket = after(...HISTORIES.REBALANCING);
    const late = (atMs: number) =>
      step('REBALANCE_FAILED', SYSTEM, { with: { reason: null }, atMs });
    expect(timersOf(basket)).toMatchObject([
      { kind: 'REBALANCE_FAILED', dueAtMs: CLOSE + 10 * MINUTE },
    ]);
    expect(attempt(basket, late(CLOSE + 10 * MINUTE - 1))).toMatchObject({ reason: 'NOT_DUE' });
    expect(after(...HISTORIES.REBALANCING, late(CLOSE + 10 * MINUTE))).toMatchObject({
      state: 'ACTIVE',
      versions: [{ status: 'EFFECTIVE' }, { status: 'FAILED' }],
    });
  });

  test('one that a suspension interrupts begins anew when the basket goes on', () => {
    const halted = [...HISTORIES.REBALANCING, step('AUTO_SUSPEND', SYSTEM)];
    expect(after(...halted)).toMatchObject({
      state: 'SUSPENDED',
      rebalance: { started: null },
      versions: [{}, { status: 'SCHEDULED' }],
    });
    expect(timersOf(after(...halted))).toEqual([]);
    expect(timersOf(after(...halted, step('RESUME', otto)))).toMatchObject([
      { kind: 'START_REBALANCE', dueAtMs: CLOSE },
    ]);
  });

  test('a scheduled one can be taken back by a checker, and approved again', () => {
    const revoked = after(...SCHEDULED, step('REVOKE_APPROVAL', carl));
    expect(revoked).toMatchObject({
      state: 'ACTIVE',
      rebalance: { dueAtMs: null },
      versions: [{ status: 'EFFECTIVE' }, { status: 'SUBMITTED' }],
    });
    const again = after(...SCHEDULED, step('REVOKE_APPROVAL', carl), step('APPROVE_BASKET', carl));
    expect(again.versions[1]?.status).toBe('SCHEDULED');
  });
});

describe('BK-9 corporate actions', () => {
  test('change units and divisor of the effective version, once', () => {
    const split = step('CORPORATE_ACTION_APPLIED', SYSTEM);
    const basket = after(...HISTORIES.ACTIVE, split);
    expect(currentVersion(basket)).toMatchObject({
      number: 1,
      status: 'EFFECTIVE',
      base: { units: [decimal('12000'), decimal('4000')] },
    });
    expect(attempt(basket, split)).toEqual({ ok: true, events: [] });
  });

  test('that change names make the next version, effective at once', () => {
    const constituents = currentVersion(after(...HISTORIES.ACTIVE)).constituents.slice(0, 1);
    const merger = step('CORPORATE_ACTION_APPLIED', SYSTEM, {
      with: { constituents, base: { ...base, units: base.units.slice(0, 1) } },
    });
    const basket = after(...HISTORIES.ACTIVE, step('SCHEDULE_REBALANCE', mia), merger);
    expect(basket.versions).toMatchObject([
      { number: 1, status: 'SUPERSEDED' },
      { number: 2, status: 'SUBMITTED' },
      { number: 3, status: 'EFFECTIVE', origin: 'CORPORATE_ACTION' },
    ]);
    expect(currentVersion(basket).number).toBe(3);
    expect(pendingVersion(basket)?.number).toBe(2);
  });

  test('that would move the level are refused', () => {
    const moved = { with: { levelAfter: level(decimal('999')) } };
    expect(
      attempt(after(...HISTORIES.ACTIVE), step('CORPORATE_ACTION_APPLIED', SYSTEM, moved)),
    ).toMatchObject({ reason: 'LEVEL_NOT_CONTINUOUS' });
  });
});

describe('BK-2 halts', () => {
  test('need a reason, and what risk halted somebody else lets go on', () => {
    const active = after(...HISTORIES.ACTIVE);
    expect(attempt(active, step('SUSPEND', otto, { comment: null }))).toMatchObject({
      reason: 'COMMENT_REQUIRED',
    });
    const both = person('rita', 'risk_officer', 'operations');
    const byRisk = [...HISTORIES.ACTIVE, step('SUSPEND', rita)];
    expect(after(...byRisk).suspension).toEqual({ by: 'rita', as: 'R', reason: 'because' });
    expect(attempt(after(...byRisk), step('RESUME', both))).toMatchObject({
      reason: 'SUSPENDER_MAY_NOT_RESUME',
    });
    expect(attempt(after(...byRisk), step('RESUME', otto))).toMatchObject({ ok: true });
    expect(attempt(after(...HISTORIES.SUSPENDED), step('RESUME', otto))).toMatchObject({
      ok: true,
    });
  });

  test('go on only when their cause is cleared', () => {
    const standing = { with: { standingCause: 'stale weight 0.31' } };
    expect(attempt(after(...HISTORIES.SUSPENDED), step('RESUME', otto, standing))).toMatchObject({
      reason: 'CAUSE_NOT_CLEARED',
      message: 'it would be suspended again: stale weight 0.31',
    });
  });
});

describe('BK-2 removal from the market', () => {
  const both = person('mia', 'portfolio_manager', 'approver');
  const asked = [...HISTORIES.ACTIVE, step('REQUEST_DELISTING', mia)];

  test('needs a maker who asks and another person who confirms', () => {
    expect(attempt(after(...HISTORIES.ACTIVE), step('REQUEST_DELISTING', carl))).toMatchObject({
      reason: 'ROLE_NOT_ALLOWED',
    });
    expect(after(...asked)).toMatchObject({ state: 'ACTIVE', delisting: { confirmedBy: null } });
    expect(attempt(after(...asked), step('REQUEST_DELISTING', both))).toMatchObject({
      reason: 'MAKER_IS_CHECKER',
    });
    const bot = { ...carl, actor: 'bot', isService: true };
    expect(attempt(after(...asked), step('REQUEST_DELISTING', bot))).toMatchObject({
      reason: 'SERVICE_MAY_NOT_APPROVE',
    });
    expect(after(...asked, step('REQUEST_DELISTING', carl)).state).toBe('DELISTING');
  });

  test.each(['2026-11-19', '2026-11-21', '2028-11-20'])('does not take the last day %s', (date) => {
    const request = step('REQUEST_DELISTING', mia, { with: { lastDate: date } });
    expect(attempt(after(...HISTORIES.ACTIVE), request)).toMatchObject({
      reason: 'INVALID_LAST_DATE',
    });
  });

  test('takes the version on its way with it', () => {
    const basket = after(
      ...SCHEDULED,
      step('REQUEST_DELISTING', mia),
      step('REQUEST_DELISTING', carl),
    );
    expect(basket).toMatchObject({
      state: 'DELISTING',
      rebalance: null,
      versions: [{ status: 'EFFECTIVE' }, { status: 'CANCELLED' }],
    });
  });

  test('can be called off by two people until the last day is over, back to where it was', () => {
    const suspended = [
      ...HISTORIES.SUSPENDED,
      step('REQUEST_DELISTING', mia),
      step('REQUEST_DELISTING', carl),
      step('CANCEL_DELISTING', mia),
    ];
    expect(after(...suspended).state).toBe('DELISTING');
    expect(attempt(after(...suspended), step('CANCEL_DELISTING', both))).toMatchObject({
      reason: 'MAKER_IS_CHECKER',
    });
    expect(after(...suspended, step('CANCEL_DELISTING', carl)).state).toBe('SUSPENDED');
    expect(
      attempt(after(...suspended), step('CANCEL_DELISTING', carl, { atMs: CLOSE })),
    ).toMatchObject({ reason: 'INVALID_LAST_DATE' });
  });

  test('is complete when the last day is over and no vendor has it, or operations insist', () => {
    const complete = (atMs: number, ...past: readonly Step[]) =>
      attempt(after(...past), step('DELISTING_COMPLETED', SYSTEM, { atMs }));
    expect(complete(CLOSE - 1, ...HISTORIES.DELISTING)).toMatchObject({ reason: 'NOT_DUE' });
    expect(complete(CLOSE, ...HISTORIES.DELISTING)).toMatchObject({
      reason: 'VENDORS_NOT_DONE',
      message: expect.stringMatching(/bloomberg/),
    });
    const gone: Step = {
      command: {
        type: 'NoteVendor',
        vendor: 'bloomberg',
        status: 'DELISTED',
        vendorId: null,
        reason: null,
      },
      asked: step('CANCEL_BASKET', SYSTEM).asked,
    };
    expect(complete(CLOSE, ...HISTORIES.DELISTING, gone)).toMatchObject({ ok: true });
    const forced = step('DELISTING_COMPLETED', otto, { atMs: CLOSE, with: { isForced: true } });
    expect(attempt(after(...HISTORIES.DELISTING), forced)).toMatchObject({ ok: true });
    const byMaker = { ...forced, asked: { ...forced.asked, by: mia } };
    expect(attempt(after(...HISTORIES.DELISTING), byMaker)).toMatchObject({
      reason: 'ROLE_NOT_ALLOWED',
    });
  });
});
