import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import {
  amend,
  apply,
  bust,
  correct,
  currentOf,
  type History,
  historyOf,
  submit,
} from './history-test-support.ts';
import { termsWith, trade } from './position-test-support.ts';
import { catchUp, type Recalculated, recalculate } from './recalculation.ts';

const TODAY = businessDate('2026-03-20');
const TERMS = { isLongOnly: false };

function sold(): History {
  const history = historyOf(TODAY, termsWith('FIFO'));
  apply(history, trade('E1', 'BUY', '100', '10', { on: '2026-03-02' }));
  apply(history, trade('E2', 'BUY', '100', '12', { on: '2026-03-09' }));
  apply(history, trade('E3', 'SELL', '150', '15', { on: '2026-03-16' }));
  return history;
}

function recalculated(history: History): Recalculated {
  const result = recalculate(history.known, TERMS);
  if (result.type !== 'RECALCULATED') throw new Error(result.type);
  return result.recalculated;
}

describe('what came in while a recalculation ran', () => {
  const base = (history: History) => {
    apply(history, trade('X', 'BUY', '80', '11', { on: '2026-03-05' }));
    return { before: recalculated(history), length: history.known.length };
  };

  test('is counted on it when it is on time', () => {
    const history = sold();
    const { before, length } = base(history);
    apply(history, trade('E4', 'SELL', '40', '16', { on: '2026-03-20' }));
    const result = catchUp(before, history.known.slice(length), TERMS);
    expect(result).toEqual(recalculated(history));
    // The estimate still had 80 of X at 11; 30 are left of it, and 10 of E2 at 12 are sold, too.
    expect(result).toMatchObject({
      basedOnVersion: 5,
      restatements: [
        { tradeId: 'E3' },
        { tradeId: 'E4', before: decimal('200'), after: decimal('190') },
      ],
    });
  });

  test.each<[string, (history: History) => unknown]>([
    [
      'it is late, too',
      (history) => apply(history, trade('Y', 'BUY', '1', '1', { on: '2026-03-06' })),
    ],
    ['a trade was busted', (history) => bust(history, 'E2')],
    ['another recalculation was first', (history) => correct(history)],
  ])('starts it again when %s', (_case, happens) => {
    const history = sold();
    const { before, length } = base(history);
    happens(history);
    expect(catchUp(before, history.known.slice(length), TERMS)).toBe('RESTART');
  });

  test('starts it again when the correction moves a trade behind what came in', () => {
    const history = sold();
    amend(history, 'E1', (terms) => ({ ...terms, effectiveDate: TODAY }));
    const before = recalculated(history);
    apply(history, trade('E4', 'BUY', '30', '16', { on: '2026-03-17' }));
    expect(history.known.at(-1)?.event.type).toBe('TRADE_APPLIED');
    expect(catchUp(before, history.known.slice(-1), TERMS)).toBe('RESTART');
  });

  test('leaves a correction out of date until it has caught up', () => {
    const history = sold();
    const { before } = base(history);
    apply(history, trade('E4', 'SELL', '30', '16', { on: '2026-03-20' }));
    expect(submit(history, { type: 'Correct', recalculated: before })).toBe('OUT_OF_DATE');
    expect(
      submit(history, { type: 'Correct', recalculated: recalculated(history) }),
    ).toBeUndefined();
    expect(submit(history, { type: 'Correct', recalculated: before })).toBe('NOTHING_PENDING');
    expect(currentOf(history).reconciliationStatus).toBe('RECONCILED');
  });
});

test('nothing is recalculated while nothing is late', () => {
  expect(recalculate(sold().known, TERMS)).toEqual({ type: 'NOTHING_PENDING' });
});

test('a refusal says whether it stands on record since the last late event', () => {
  const history = sold();
  history.terms = { ...history.terms, isLongOnly: true };
  bust(history, 'E1');
  const answer = () => recalculate(history.known, { isLongOnly: true });
  expect(answer()).toMatchObject({ type: 'REFUSED', isNoted: false });
  correct(history);
  expect(answer()).toMatchObject({ type: 'REFUSED', isNoted: true });
  bust(history, 'E2');
  expect(answer()).toMatchObject({ type: 'REFUSED', isNoted: false, versions: [3] });
});
