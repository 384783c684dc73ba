import { describe, expect, test } from 'vitest';
import { alignCloses, type CloseSeries } from './close-history.ts';
import { conventionOf, estimateValueAtRisk, type VarOptions } from './value-at-risk.ts';

const series = (symbol: string, days: Readonly<Record<string, number>>): CloseSeries => ({
  symbol,
  currency: 'USD',
  dates: Object.keys(days),
  closes: Float64Array.from(Object.values(days)),
});

const ninety: VarOptions = {
  method: 'HISTORICAL',
  confidence: 0.9,
  horizonDays: 1,
  windowDays: 10,
};

/** Eleven closes whose ten returns are known: nine of +1 %, one of -20 % on the fourth day. */
function crashHistory() {
  let close = 100;
  const days: Record<string, number> = { '2024-01-01': close };
  for (let day = 2; day <= 11; day++) {
    close *= day === 5 ? 0.8 : 1.01;
    days[`2024-01-${String(day).padStart(2, '0')}`] = close;
  }
  return alignCloses([series('A', days)], new Map(), 11);
}

describe('closes of several instruments', () => {
  test('are kept on the days all of them have one, newest last', () => {
    const a = series('A', { '2024-01-02': 10, '2024-01-03': 11, '2024-01-05': 12 });
    const b = series('B', { '2024-01-03': 20, '2024-01-04': 21, '2024-01-05': 22 });
    const { dates, matrix } = alignCloses([a, b], new Map(), 100);
    expect(dates).toEqual(['2024-01-03', '2024-01-05']);
    expect([...matrix.prices]).toEqual([11, 20, 12, 22]);
  });

  test('are converted with the newest rate known that day', () => {
    const euros = { ...series('E', { '2024-01-02': 10, '2024-01-04': 10 }), currency: 'EUR' };
    const rates = new Map([
      ['EUR', { dates: ['2024-01-02', '2024-01-03'], rates: Float64Array.of(1.1, 1.2) }],
    ]);
    expect([...alignCloses([euros], rates, 100).matrix.prices]).toEqual([11, 12]);
  });

  test('before the first rate are left out', () => {
    const euros = { ...series('E', { '2024-01-01': 10, '2024-01-04': 10 }), currency: 'EUR' };
    const rates = new Map([['EUR', { dates: ['2024-01-02'], rates: Float64Array.of(1.1) }]]);
    expect(alignCloses([euros], rates, 100).dates).toEqual(['2024-01-04']);
  });
});

describe('RK-2 value at risk of holdings', () => {
  test('is the loss today holdings would have had on the worst day of ten at 90 %', () => {
    const estimate = estimateValueAtRisk(crashHistory(), Float64Array.of(1_000), ninety);
    expect(estimate.value).toBeCloseTo(200, 9);
    expect(estimate.expectedShortfall).toBeCloseTo(200, 9);
    expect(estimate).toMatchObject({ observations: 10, from: '2024-01-01', to: '2024-01-11' });
    expect(estimate.warnings).toEqual([]);
  });

  test('of a short is what a rise costs', () => {
    const estimate = estimateValueAtRisk(crashHistory(), Float64Array.of(-1_000), ninety);
    expect(estimate.value).toBeCloseTo(10, 9);
  });

  test('over two days moves with overlapping returns', () => {
    const estimate = estimateValueAtRisk(crashHistory(), Float64Array.of(1_000), {
      ...ninety,
      confidence: 0.85,
      horizonDays: 2,
      windowDays: 9,
    });
    expect(estimate.value).toBeCloseTo(192, 9);
  });

  test('says how many returns are missing instead of guessing', () => {
    const estimate = estimateValueAtRisk(crashHistory(), Float64Array.of(1_000), {
      ...ninety,
      confidence: 0.99,
      windowDays: 500,
    });
    expect(estimate.value).toBeNull();
    expect(estimate.undefinedReason).toBe(
      'HISTORY_TOO_SHORT: expected at least 100 common daily returns, found 10',
    );
    expect(estimate.warnings).toEqual(['10 of the 500 returns asked for are stored']);
  });

  test('of nothing is undefined with a reason', () => {
    const nothing = alignCloses([], new Map(), 10);
    const estimate = estimateValueAtRisk(nothing, new Float64Array(), ninety);
    expect(estimate.undefinedReason).toBe('no holding could be valued');
  });

  test('refuses to expand around a crash that the expansion cannot describe', () => {
    const options = { ...ninety, method: 'CORNISH_FISHER' } as const;
    const estimate = estimateValueAtRisk(crashHistory(), Float64Array.of(1_000), options);
    expect(estimate.value).toBeNull();
    expect(estimate.undefinedReason).toContain('skew or kurtosis');
  });

  test('states its convention', () => {
    expect(conventionOf(ninety)).toContain('observed loss at rank ceil(n (1 - c))');
  });
});
