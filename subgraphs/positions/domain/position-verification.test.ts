import { describe, expect, test } from 'vitest';
import { amount } from '#kernel/money';
import { apply, currentOf, historyOf } from './history-test-support.ts';
import { termsWith, trade } from './position-test-support.ts';
import { differencesBetween } from './position-verification.ts';
import type { Position } from './position.ts';
import { date } from './tax-lot-test-support.ts';

function position(): Position {
  const history = historyOf(date('2026-03-20'), termsWith('FIFO'));
  apply(history, trade('T1', 'BUY', '100', '10', { on: '2026-03-02' }));
  apply(history, trade('T2', 'BUY', '50', '12', { on: '2026-03-09' }));
  apply(history, trade('F1', 'BUY', '1', '12', { on: '2026-04-09' }));
  return currentOf(history);
}

describe('the differences between a snapshot and a replay', () => {
  test('are none between equal ones', () => {
    expect(differencesBetween(position(), position())).toEqual([]);
  });

  test.each<[string, Partial<Position>]>([
    ['version', { version: 7 }],
    ['realizedPnl', { realizedPnl: amount(1n) }],
    ['reliefMethod', { reliefMethod: 'LIFO' }],
    ['reconciliationStatus', { reconciliationStatus: 'PROVISIONAL' }],
    ['statusReason', { statusReason: 'ELECTION_BROKEN' }],
    ['pendingBackdated', { pendingBackdated: 1 }],
    ['lastEffectiveDate', { lastEffectiveDate: date('2026-03-08') }],
    ['nextLotSerial', { nextLotSerial: 9 }],
    ['washMemory', { washMemory: { losses: [], latestDate: null, splitCount: 1 } }],
  ])('name a wrong %s', (field, wrong) => {
    const differences = differencesBetween({ ...position(), ...wrong }, position());
    expect(differences.map((each) => each.field)).toEqual([field]);
  });

  test('name the lot and its field, with both values', () => {
    const right = position();
    const lots = right.lots.map((lot) =>
      lot.lotId === 'T2' ? { ...lot, costBasis: amount(59_900_000_000n) } : lot,
    );
    expect(differencesBetween({ ...right, lots }, right)).toEqual([
      { field: 'lots[T2].costBasis', snapshot: '599', replay: '600' },
    ]);
  });

  test('name lots and bookings that are missing, too many or out of place', () => {
    const right = position();
    const [first, second] = right.lots;
    if (first === undefined || second === undefined) throw new Error('no lots');
    const fields = (wrong: Partial<Position>) =>
      differencesBetween({ ...right, ...wrong }, right).map(({ field, snapshot, replay }) => [
        field,
        snapshot === null ? 'missing' : replay === null ? 'too many' : `${snapshot} for ${replay}`,
      ]);
    expect(fields({ lots: [second] })).toEqual([
      ['lots[T2].place', '1 for 2'],
      ['lots[T1]', 'missing'],
    ]);
    expect(fields({ lots: [first, second, { ...second, lotId: 'T3' }] })).toEqual([
      ['lots[T3]', 'too many'],
    ]);
    expect(fields({ pendingForward: [] })).toEqual([['pendingForward[F1]', 'missing']]);
  });
});
