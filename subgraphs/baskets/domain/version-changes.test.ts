import { describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { constituentChanges, turnoverOf } from './version-changes.ts';

const names = (weights: Readonly<Record<string, string>>) =>
  Object.entries(weights).map(([symbol, weight]) => ({ symbol, weight: decimal(weight) }));

describe('BK-1 what a version changes', () => {
  const before = names({ B: '0.3', A: '0.5', C: '0.2' });

  test('names added, removed and reweighted, in order of symbol', () => {
    expect(constituentChanges(before, names({ D: '0.2', A: '0.4', B: '0.3', E: '0.1' }))).toEqual([
      { symbol: 'A', change: 'REWEIGHTED', before: decimal('0.5'), after: decimal('0.4') },
      { symbol: 'C', change: 'REMOVED', before: decimal('0.2'), after: null },
      { symbol: 'D', change: 'ADDED', before: null, after: decimal('0.2') },
      { symbol: 'E', change: 'ADDED', before: null, after: decimal('0.1') },
    ]);
  });

  test('nothing against itself, whatever the order', () => {
    expect(constituentChanges(before, before.toReversed())).toEqual([]);
  });

  test('its turnover is half of what moves', () => {
    const all = constituentChanges(before, names({ D: '1' }));
    expect(turnoverOf(all)).toBe(decimal('1'));
    expect(turnoverOf(constituentChanges(before, names({ B: '0.4', A: '0.4', C: '0.2' })))).toBe(
      decimal('0.1'),
    );
  });
});
