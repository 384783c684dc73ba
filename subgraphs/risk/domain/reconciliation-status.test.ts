import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ReconciliationStatus, worstOf } from './reconciliation-status.ts';

describe('the status of a figure', () => {
  test.each<[readonly ReconciliationStatus[], ReconciliationStatus]>([
    [[], 'RECONCILED'],
    [['RECONCILED'], 'RECONCILED'],
    [['RECONCILED', 'PROVISIONAL', 'RECONCILED'], 'PROVISIONAL'],
    [['PROVISIONAL', 'PENDING', 'RECONCILED'], 'PENDING'],
  ])('made of %j is %s', (inputs, status) => {
    expect(worstOf(inputs)).toBe(status);
  });

  test('is the same however its inputs are grouped', () => {
    const statuses = fc.array(
      fc.constantFrom<ReconciliationStatus>('RECONCILED', 'PROVISIONAL', 'PENDING'),
    );
    fc.assert(
      fc.property(statuses, statuses, (some, others) => {
        expect(worstOf([worstOf(others), worstOf(some)])).toBe(worstOf([...some, ...others]));
      }),
    );
  });
});
