import { describe, expect, test } from 'vitest';
import {
  BASKET_EVENTS,
  BASKET_STATES,
  type BasketState,
  type TransitionRow,
  TRANSITIONS,
  transitionsOf,
} from './transition-table.ts';

const SEED_PATH = [
  'TRIGGER_BACKTEST',
  'BACKTEST_COMPLETED',
  'SUBMIT_FOR_APPROVAL',
  'APPROVE_BASKET',
] as const;

describe('BK-2 basket life cycle', () => {
  test('has 15 states, 33 events and 35 rows, numbered as they stand', () => {
    expect(BASKET_STATES).toHaveLength(15);
    expect(BASKET_EVENTS).toHaveLength(33);
    expect(TRANSITIONS.map(({ number }) => number)).toEqual(
      Array.from({ length: 35 }, (_, at) => at + 1),
    );
  });

  test('terminal states allow nothing', () => {
    for (const state of ['DELISTED', 'CANCELLED'] as const) {
      for (const event of BASKET_EVENTS) expect(transitionsOf(state, event)).toEqual([]);
    }
  });

  test('only an approval leads to two states, by its launch date', () => {
    const cells = BASKET_STATES.flatMap((state) =>
      BASKET_EVENTS.map((event) => [state, event, transitionsOf(state, event)] as const),
    );
    expect(cells).toHaveLength(15 * 33);
    const ambiguous = cells.filter(([, , rows]) => rows.length > 1);
    expect(ambiguous.map(([state, event]) => [state, event])).toEqual([
      ['PENDING_APPROVAL', 'APPROVE_BASKET'],
    ]);
  });

  test("the seed's path from a draft ends in LISTING", () => {
    let state: BasketState = 'DRAFT';
    for (const event of SEED_PATH) {
      const to: TransitionRow['to'] | undefined = transitionsOf(state, event)[0]?.to;
      if (to === undefined || to === 'SAME' || to === 'PRIOR') throw new Error(`${state} ${event}`);
      state = to;
    }
    expect(state).toBe('LISTING');
  });
});
