import { describe, expect, test } from 'vitest';
import { scopesOf } from '#kernel/roles';
import { allowedEvents } from './basket-caller.ts';
import type { Caller } from './basket-caller.ts';
import { standingOf } from './basket-decider.ts';
import {
  after,
  attempt,
  carl,
  cora,
  DAY,
  fixed,
  HISTORIES,
  inNameOf,
  max,
  mia,
  NOW,
  notionalOf,
  otto,
  person,
  rita,
  SCHEDULED,
  step,
  type Step,
  SYSTEM,
} from './basket-test-support.ts';
import type { BasketEvent, BasketState } from './transition-table.ts';

/** May write and approve: what four eyes are about. */
const both = (name: string): Caller => person(name, 'portfolio_manager', 'approver');
const backtestedBy = (...edits: readonly Step[]): readonly Step[] => [
  step('CREATE_BASKET', mia),
  ...edits,
  step('TRIGGER_BACKTEST', mia),
  step('BACKTEST_COMPLETED', SYSTEM),
];
const approveAs = (by: Caller, ...past: readonly Step[]) =>
  attempt(after(...past), step('APPROVE_BASKET', by));

describe('BK-3 four eyes', () => {
  const submitted = step('SUBMIT_FOR_APPROVAL', mia);
  const editedBy = (by: Caller) => step('EDIT_BASKET', by);

  test.each<[string, readonly Step[], Caller]>([
    ['who created it', backtestedBy(), both('mia')],
    ['who edited it, though another submitted it', backtestedBy(editedBy(max)), both('max')],
    ['who edited an earlier draft of it', backtestedBy(editedBy(max), editedBy(mia)), both('max')],
    [
      'in whose name it was edited',
      backtestedBy(editedBy(inNameOf(max, 'olga'))),
      person('olga', 'approver'),
    ],
    [
      'who edited it in the name of another',
      backtestedBy(editedBy(inNameOf(max, 'olga'))),
      both('max'),
    ],
    [
      'who edited it, in the name of a checker',
      backtestedBy(editedBy(max)),
      inNameOf(both('max'), 'carl'),
    ],
    ['a checker in the name of who edited it', backtestedBy(editedBy(max)), inNameOf(carl, 'max')],
  ])('keeps %s from approving it', (_who, past, by) => {
    expect(approveAs(by, ...past, submitted)).toMatchObject({
      ok: false,
      reason: 'MAKER_IS_CHECKER',
    });
  });

  test('keeps who only submitted it from approving it', () => {
    const past = [...backtestedBy(), step('SUBMIT_FOR_APPROVAL', max)];
    expect(approveAs(both('max'), ...past)).toMatchObject({ reason: 'MAKER_IS_CHECKER' });
    expect(approveAs(carl, ...past)).toMatchObject({ ok: true });
  });

  test.each<BasketEvent>(['REJECT_BASKET', 'REQUEST_CHANGES'])('holds for %s, too', (event) => {
    const basket = after(...HISTORIES.PENDING_APPROVAL);
    expect(attempt(basket, step(event, both('mia')))).toMatchObject({ reason: 'MAKER_IS_CHECKER' });
    expect(attempt(basket, step(event, carl))).toMatchObject({ ok: true });
  });

  test('holds for taking an approval back', () => {
    const basket = after(...HISTORIES.APPROVED);
    expect(attempt(basket, step('REVOKE_APPROVAL', both('mia')))).toMatchObject({
      reason: 'MAKER_IS_CHECKER',
    });
    const revoked = after(...HISTORIES.APPROVED, step('REVOKE_APPROVAL', carl));
    expect(revoked).toMatchObject({ state: 'PENDING_APPROVAL', approval: { approvals: [] } });
    expect(attempt(revoked, step('APPROVE_BASKET', carl))).toMatchObject({ ok: true });
    expect(attempt(revoked, step('APPROVE_BASKET', both('mia')))).toMatchObject({ ok: false });
  });

  test('programs never approve, whatever roles they hold', () => {
    const program = { ...person('bot', 'partner', 'approver'), isService: true };
    for (const event of ['APPROVE_BASKET', 'REJECT_BASKET', 'REQUEST_CHANGES'] as const) {
      expect(attempt(after(...HISTORIES.PENDING_APPROVAL), step(event, program))).toMatchObject({
        ok: false,
        reason: 'SERVICE_MAY_NOT_APPROVE',
      });
    }
    expect(approveAs(SYSTEM, ...HISTORIES.PENDING_APPROVAL)).toMatchObject({
      reason: 'ROLE_NOT_ALLOWED',
    });
  });

  test('from a notional of 100 million on, two different people approve', () => {
    const sized = (notional: string) => [
      step('CREATE_BASKET', mia, { with: { notional: notionalOf(notional) } }),
      ...HISTORIES.PENDING_APPROVAL.slice(1),
    ];
    const large = [...sized('100000000'), step('APPROVE_BASKET', carl)];
    expect(after(...large)).toMatchObject({
      state: 'PENDING_APPROVAL',
      versions: [{ status: 'SUBMITTED' }],
      approval: { required: 2, approvals: [{ actor: 'carl' }] },
    });
    expect(approveAs(carl, ...large)).toMatchObject({ reason: 'ALREADY_APPROVED' });
    expect(approveAs(inNameOf(cora, 'carl'), ...large)).toMatchObject({
      reason: 'ALREADY_APPROVED',
    });
    expect(after(...large, step('APPROVE_BASKET', cora)).state).toBe('LISTING');
    expect(after(...sized('99999999.99999999'), step('APPROVE_BASKET', carl)).state).toBe(
      'LISTING',
    );
  });

  test('an approval binds to the content that was submitted', () => {
    const resubmitted = [
      ...HISTORIES.PENDING_APPROVAL,
      step('WITHDRAW_SUBMISSION', mia),
      step('EDIT_BASKET', mia),
      step('TRIGGER_BACKTEST', mia),
      step('BACKTEST_COMPLETED', SYSTEM),
      step('SUBMIT_FOR_APPROVAL', mia),
    ];
    const basket = after(...resubmitted);
    expect(attempt(basket, step('APPROVE_BASKET', carl, { seenVersion: 1 }))).toEqual({
      ok: false,
      reason: 'VERSION_CONFLICT',
      message: 'expected version 2, the current one, was 1',
    });
    expect(basket.approval).toMatchObject({ versionNumber: 2, hash: basket.versions[1]?.hash });
    const tampered = {
      ...basket,
      versions: basket.versions.map((version) => ({ ...version, hash: '#other' })),
    };
    expect(attempt(tampered, step('APPROVE_BASKET', carl))).toMatchObject({
      reason: 'VERSION_CONFLICT',
    });
  });

  test('a revision that was seen and is past is a conflict, whatever else holds', () => {
    const basket = after(...HISTORIES.PENDING_APPROVAL);
    const late = step('REJECT_BASKET', carl, { seenRevision: basket.revision });
    expect(attempt(basket, late)).toMatchObject({ ok: true });
    const listed = after(...HISTORIES.PENDING_APPROVAL, step('APPROVE_BASKET', cora));
    expect(attempt(listed, late)).toMatchObject({ ok: false, reason: 'VERSION_CONFLICT' });
  });

  test('refusing and asking for changes need a comment', () => {
    const basket = after(...HISTORIES.PENDING_APPROVAL);
    for (const event of ['REJECT_BASKET', 'REQUEST_CHANGES'] as const) {
      for (const comment of [null, '  ']) {
        expect(attempt(basket, step(event, carl, { comment }))).toMatchObject({
          reason: 'COMMENT_REQUIRED',
        });
      }
    }
  });

  test('nobody approves after ten business days, and then it expires', () => {
    const basket = after(...HISTORIES.PENDING_APPROVAL);
    // Friday the 20th: ten weekdays later is Friday the 4th of December.
    const end = NOW + 14 * DAY;
    expect(basket.approval?.expiresAtMs).toBe(end);
    expect(attempt(basket, step('APPROVE_BASKET', carl, { atMs: end - 1 }))).toMatchObject({
      ok: true,
    });
    expect(attempt(basket, step('APPROVE_BASKET', carl, { atMs: end }))).toMatchObject({
      reason: 'APPROVAL_OVERDUE',
    });
    expect(attempt(basket, step('APPROVAL_EXPIRED', SYSTEM, { atMs: end - 1 }))).toMatchObject({
      reason: 'NOT_DUE',
    });
    expect(attempt(basket, step('APPROVAL_EXPIRED', SYSTEM, { atMs: end }))).toMatchObject({
      ok: true,
    });
  });

  test('who edited before the last effective version may approve the next', () => {
    const rebalanced = [
      ...HISTORIES.ACTIVE,
      step('SCHEDULE_REBALANCE', max, { with: { constituents: fixed(['A', '1']) } }),
    ];
    expect(approveAs(both('mia'), ...rebalanced)).toMatchObject({ ok: true });
    expect(approveAs(both('max'), ...rebalanced)).toMatchObject({ reason: 'MAKER_IS_CHECKER' });
  });
});

describe('BK-2 who may do what', () => {
  const allowed = (state: BasketState, by: Caller) => {
    const basket = after(...HISTORIES[state]);
    return allowedEvents({ ...basket, ...standingOf(basket) }, by);
  };

  test.each<[BasketState, Caller, readonly BasketEvent[]]>([
    ['DRAFT', mia, ['EDIT_BASKET', 'TRIGGER_BACKTEST', 'CANCEL_BASKET']],
    ['DRAFT', carl, []],
    ['BACKTESTING', mia, ['CANCEL_BACKTEST']],
    [
      'BACKTESTED',
      mia,
      ['EDIT_BASKET', 'TRIGGER_BACKTEST', 'SUBMIT_FOR_APPROVAL', 'CANCEL_BASKET'],
    ],
    ['PENDING_APPROVAL', mia, ['WITHDRAW_SUBMISSION']],
    ['PENDING_APPROVAL', carl, ['APPROVE_BASKET', 'REQUEST_CHANGES', 'REJECT_BASKET']],
    ['PENDING_APPROVAL', otto, []],
    ['APPROVED', carl, ['REVOKE_APPROVAL']],
    ['LISTING', otto, []],
    ['LISTING_FAILED', otto, ['RETRY_LISTING']],
    ['ACTIVE', mia, ['SCHEDULE_REBALANCE', 'REQUEST_DELISTING']],
    ['ACTIVE', otto, ['SUSPEND']],
    ['ACTIVE', rita, ['SUSPEND']],
    ['SUSPENDED', otto, ['RESUME']],
    ['SUSPENDED', rita, []],
    ['CANCELLED', mia, []],
    ['DELISTED', mia, []],
  ])('in %s: %o', (state, by, events) => {
    expect(allowed(state, by)).toEqual(events);
  });

  test('a version on its way opens the events of checkers on a live basket', () => {
    const proposed = after(...HISTORIES.ACTIVE, step('SCHEDULE_REBALANCE', mia));
    const standing = { ...proposed, ...standingOf(proposed) };
    expect(allowedEvents(standing, carl)).toEqual([
      'APPROVE_BASKET',
      'REQUEST_CHANGES',
      'REJECT_BASKET',
      'REQUEST_DELISTING',
    ]);
    expect(allowedEvents(standing, mia)).toEqual(['WITHDRAW_SUBMISSION', 'REQUEST_DELISTING']);
    const scheduled = after(...SCHEDULED);
    expect(allowedEvents({ ...scheduled, ...standingOf(scheduled) }, carl)).toEqual([
      'REVOKE_APPROVAL',
      'REQUEST_DELISTING',
    ]);
  });

  test('nobody is offered to decide on what he made, or to confirm what he asked for', () => {
    const ada = { ...person('ada', 'admin'), scopes: scopesOf(['admin']) };
    const pending = after(...HISTORIES.PENDING_APPROVAL);
    const standing = { ...pending, ...standingOf(pending) };
    expect(allowedEvents({ ...standing, makers: ['mia'] }, ada)).toContain('APPROVE_BASKET');
    const own = allowedEvents({ ...standing, makers: ['ada', 'mia'] }, ada);
    expect(own).toEqual(['WITHDRAW_SUBMISSION']);
    const active = after(...HISTORIES.ACTIVE);
    const live = { ...active, ...standingOf(active) };
    expect(allowedEvents({ ...live, askedToDelist: ['mia'] }, ada)).toContain('REQUEST_DELISTING');
    expect(allowedEvents({ ...live, askedToDelist: ['mia'] }, mia)).toEqual(['SCHEDULE_REBALANCE']);
  });

  test('named delegates close the circle of makers', () => {
    const own = [step('CREATE_BASKET', mia, { with: { delegates: ['max'] } })];
    const basket = after(...own);
    expect(attempt(basket, step('EDIT_BASKET', max))).toMatchObject({ ok: true });
    for (const by of [person('eve', 'portfolio_manager'), inNameOf(max, 'eve')]) {
      expect(attempt(basket, step('EDIT_BASKET', by))).toMatchObject({
        ok: false,
        reason: 'NOT_OWNER_OR_DELEGATE',
      });
    }
    expect(allowedEvents({ ...basket, ...standingOf(basket) }, max)).toContain('EDIT_BASKET');
    expect(
      allowedEvents({ ...basket, ...standingOf(basket) }, person('eve', 'portfolio_manager')),
    ).toEqual([]);
  });

  test('an administrator has every right but to approve what he made', () => {
    const ada = { ...person('ada', 'admin'), scopes: scopesOf(['admin']) };
    const basket = after(...HISTORIES.PENDING_APPROVAL);
    expect(attempt(basket, step('APPROVE_BASKET', ada))).toMatchObject({ ok: true });
    const own = [step('CREATE_BASKET', ada), ...HISTORIES.PENDING_APPROVAL.slice(1)];
    expect(approveAs(ada, ...own)).toMatchObject({ reason: 'MAKER_IS_CHECKER' });
  });
});
