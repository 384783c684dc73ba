import { describe, expect, test } from 'vitest';
import { evolve } from './basket-evolve.ts';
import type { Caller } from './basket-caller.ts';
import {
  after,
  attempt,
  carl,
  CLOSE,
  DAY,
  factsAfter,
  HISTORIES,
  mia,
  MINUTE,
  NOW,
  otto,
  step,
  type Step,
  SYSTEM,
} from './basket-test-support.ts';
import type { Basket } from './basket.ts';
import {
  type Actor,
  BASKET_EVENTS,
  BASKET_STATES,
  type BasketEvent,
  type BasketState,
  TRANSITIONS,
  transitionsOf,
} from './transition-table.ts';

/** Whom a row names, as somebody who may. */
const WHO: Readonly<Record<Actor, Caller>> = { M: mia, C: carl, O: otto, R: otto, SYS: SYSTEM };

/** What a cell needs beside the shortest history, for its row's guard to hold. */
const GUARDS: Partial<Record<`${BasketState} ${BasketEvent}`, Partial<CellOfTest>>> = {
  'BACKTESTING BACKTEST_TIMEOUT': { at: NOW + 5 * MINUTE },
  'PENDING_APPROVAL APPROVAL_EXPIRED': { at: NOW + 15 * DAY },
  'APPROVED LAUNCH_DUE': { at: NOW + DAY },
  'LISTING LISTING_COMPLETED': { before: [step('VENDOR_LISTED', SYSTEM)] },
  'LISTING LISTING_EXHAUSTED': { at: NOW + 2 * MINUTE },
  'ACTIVE START_REBALANCE': {
    before: [step('SCHEDULE_REBALANCE', mia), step('APPROVE_BASKET', carl)],
    at: CLOSE,
  },
  'ACTIVE REQUEST_DELISTING': { before: [step('REQUEST_DELISTING', mia)], by: carl },
  'SUSPENDED REQUEST_DELISTING': { before: [step('REQUEST_DELISTING', mia)], by: carl },
  'DELISTING CANCEL_DELISTING': { before: [step('CANCEL_DELISTING', mia)], by: carl },
  'DELISTING DELISTING_COMPLETED': {
    by: otto,
    at: CLOSE,
    with: { isForced: true },
  },
};

interface CellOfTest {
  readonly before: readonly Step[];
  readonly by: Caller;
  readonly at: number;
  readonly with: Readonly<Record<string, unknown>>;
}

function inCell(state: BasketState, event: BasketEvent) {
  const guard = GUARDS[`${state} ${event}`] ?? {};
  const basket = after(...HISTORIES[state], ...(guard.before ?? []));
  const [row] = transitionsOf(state, event);
  const by = guard.by ?? WHO[row?.who[0] ?? 'M'];
  const changes = guard.with ? { with: guard.with } : {};
  return { basket, command: step(event, by, { atMs: guard.at ?? NOW, ...changes }) };
}

const CELLS = BASKET_STATES.flatMap((state) =>
  BASKET_EVENTS.map((event) => [state, event] as const),
);
const LEGAL = CELLS.filter(([state, event]) => transitionsOf(state, event).length > 0);
const ILLEGAL = CELLS.filter(
  ([state, event]) => event !== 'CREATE_BASKET' && transitionsOf(state, event).length === 0,
);

describe('BK-2 every cell of 15 states and 33 events', () => {
  test('there are 495, of which the 35 rows allow 45', () => {
    expect(CELLS).toHaveLength(495);
    expect(LEGAL).toHaveLength(45);
  });

  test.each(BASKET_STATES)('the histories of the tests reach %s', (state) => {
    expect(after(...HISTORIES[state]).state).toBe(state);
  });

  test.each(LEGAL)('%s takes %s, as its row says', (state, event) => {
    const { basket, command } = inCell(state, event);
    const decision = attempt(basket, command);
    expect(decision).toMatchObject({ ok: true });
    if (!decision.ok) return;
    const next = decision.events.reduce<Basket | null>(evolve, basket);
    const targets = transitionsOf(state, event).map(({ to }) =>
      to === 'SAME' ? state : to === 'PRIOR' ? 'ACTIVE' : to,
    );
    expect(targets).toContain(next?.state);
    expect(next?.revision).toBeGreaterThanOrEqual(basket.revision);
  });

  test.each(ILLEGAL)('%s refuses %s and says what is allowed', (state, event) => {
    const basket = after(...HISTORIES[state]);
    const rows = TRANSITIONS.find((row) => row.event === event);
    const decision = attempt(basket, step(event, WHO[rows?.who[0] ?? 'M']));
    // What only the platform does is nothing that anybody can ask for.
    const allowed = BASKET_EVENTS.filter((each) =>
      transitionsOf(state, each).some(({ who }) => who.some((actor) => actor !== 'SYS')),
    );
    expect(decision).toEqual({
      ok: false,
      reason: 'ILLEGAL_TRANSITION',
      message: `${event} is not allowed in ${state}; allowed: ${allowed.join(', ') || 'nothing'}`,
    });
  });

  test.each(BASKET_STATES)('a basket that is %s cannot be created again', (state) => {
    const decision = attempt(after(...HISTORIES[state]), step('CREATE_BASKET', mia));
    expect(decision).toMatchObject({ ok: false, reason: 'DUPLICATE_CODE' });
  });

  test.each(LEGAL)('%s does not take %s from somebody else than its row names', (state, event) => {
    const { basket, command } = inCell(state, event);
    const named = new Set(transitionsOf(state, event).flatMap(({ who }) => who));
    const strangers = (Object.keys(WHO) as Actor[]).filter(
      (actor) => !named.has(actor) && !(command.asked.by === otto && actor === 'R'),
    );
    for (const actor of strangers) {
      if (WHO[actor] === command.asked.by) continue;
      const refused = attempt(basket, { ...command, asked: { ...command.asked, by: WHO[actor] } });
      expect([actor, refused]).toEqual([
        actor,
        expect.objectContaining({ ok: false, reason: 'ROLE_NOT_ALLOWED' }),
      ]);
    }
  });

  test("the seed's path ends in LISTING", () => {
    const path = [
      step('CREATE_BASKET', mia),
      step('TRIGGER_BACKTEST', mia),
      step('BACKTEST_COMPLETED', SYSTEM),
      step('SUBMIT_FOR_APPROVAL', mia),
      step('APPROVE_BASKET', carl),
    ];
    expect(after(...path).state).toBe('LISTING');
  });

  test('an approval before the launch date leads to APPROVED, after it to LISTING', () => {
    const pending = (launchAtMs: number) => [
      step('CREATE_BASKET', mia, { with: { launchAtMs } }),
      ...HISTORIES.PENDING_APPROVAL.slice(1),
      step('APPROVE_BASKET', carl),
    ];
    expect(after(...pending(NOW + 1)).state).toBe('APPROVED');
    expect(after(...pending(NOW)).state).toBe('LISTING');
  });

  test('a replay of the facts is the basket they came from', () => {
    for (const state of BASKET_STATES) {
      const facts = factsAfter(...HISTORIES[state]);
      expect(facts.reduce<Basket | null>(evolve, null)).toEqual(after(...HISTORIES[state]));
    }
  });
});
