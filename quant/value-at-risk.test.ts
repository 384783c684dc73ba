import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mean, populationExcessKurtosis, populationSkewness, sampleDeviation } from './moments.ts';
import { normalQuantile } from './normal-distribution.ts';
import { overlappingReturns, scenarioProfits } from './returns.ts';
import { leastObservations, valueAtRiskHistorical } from './value-at-risk-historical.ts';
import {
  cornishFisherQuantile,
  valueAtRiskCornishFisher,
  valueAtRiskNormal,
} from './value-at-risk-normal.ts';

/** The domain reference's series G2 (section 6): twelve monthly returns. */
const G2 = Float64Array.of(
  0.021,
  -0.013,
  0.034,
  0.008,
  -0.045,
  0.027,
  0.015,
  -0.009,
  0.031,
  -0.022,
  0.012,
  0.019,
);

const expectRelative = (found: number | undefined, expected: number, tolerance = 1e-9): void => {
  expect(Math.abs((found ?? Number.NaN) - expected)).toBeLessThan(tolerance * Math.abs(expected));
};

describe('RK-2 value at risk on the golden series G2', () => {
  test('moments', () => {
    expectRelative(sampleDeviation(G2), 0.023994317509095205);
    expectRelative(populationSkewness(G2), -0.8315187024);
    expectRelative(populationExcessKurtosis(G2), -0.2832376752);
  });

  test('historical at 95 % is the worst of twelve', () => {
    expect(valueAtRiskHistorical(G2, 0.95)?.valueAtRisk).toBe(0.045);
  });

  test('historical takes the loss at rank ceil(n (1 - c)): the second worst at 90 %', () => {
    expect(valueAtRiskHistorical(G2, 0.9)?.valueAtRisk).toBe(0.022);
    expect(valueAtRiskHistorical(new Float64Array(), 0.9)).toBeUndefined();
  });

  test('normal at 95 %', () => {
    expectRelative(valueAtRiskNormal(G2, 0.95)?.valueAtRisk, 0.0329671402, 1e-8);
    expectRelative(valueAtRiskNormal(G2, 0.95)?.expectedShortfall, 0.042993386, 1e-8);
  });

  test('Cornish-Fisher at 95 %', () => {
    const skew = populationSkewness(G2);
    const kurtosis = populationExcessKurtosis(G2);
    expectRelative(cornishFisherQuantile(0.05, skew, kurtosis), -1.8739479792314107);
    expectRelative(valueAtRiskCornishFisher(G2, 0.95), 0.0384641028, 1e-8);
  });
});

describe('the historical tail', () => {
  test('of 100 observations at 99 % is the worst one', () => {
    const profits = Float64Array.from({ length: 100 }, (_, i) => i - 10);
    expect(valueAtRiskHistorical(profits, 0.99)).toEqual({
      valueAtRisk: 10,
      expectedShortfall: 10,
    });
  });

  test('of 500 observations at 95 % is the 25th worst, and shortfall the mean up to it', () => {
    const profits = Float64Array.from({ length: 500 }, (_, i) => -(i + 1));
    expect(valueAtRiskHistorical(profits, 0.95)).toEqual({
      valueAtRisk: 476,
      expectedShortfall: 488,
    });
  });

  test('needs as many observations as put one into the tail', () => {
    expect([0.9, 0.95, 0.99].map(leastObservations)).toEqual([10, 20, 100]);
  });

  test('is an observed loss, and the shortfall never below it', () => {
    const profits = fc.float64Array({ min: -1e6, max: 1e6, minLength: 100, noNaN: true });
    fc.assert(
      fc.property(
        profits,
        fc.double({ min: 0.9, max: 0.99, noNaN: true }),
        (sample, confidence) => {
          const risk = valueAtRiskHistorical(sample, confidence);
          expect(risk).toBeDefined();
          expect(sample.includes(-(risk?.valueAtRisk ?? 0))).toBe(true);
          const shortfall = risk?.expectedShortfall ?? 0;
          expect(shortfall - (risk?.valueAtRisk ?? 0)).toBeGreaterThanOrEqual(-1e-6);
        },
      ),
    );
  });
});

describe('returns', () => {
  test('overlap over the horizon, name by name', () => {
    const matrix = { names: 2, days: 4, prices: Float64Array.of(10, 100, 11, 90, 12, 80, 15, 70) };
    const two = overlappingReturns(matrix, 2);
    expect(two.days).toBe(2);
    [0.2, -0.2, 15 / 11 - 1, 70 / 90 - 1].forEach((expected, index) => {
      expect(two.prices[index]).toBeCloseTo(expected, 14);
    });
    const profits = scenarioProfits(two, Float64Array.of(1000, 500));
    expect(profits[0]).toBeCloseTo(200 - 100, 10);
  });

  test('of a series shorter than the horizon are none', () => {
    expect(overlappingReturns({ names: 1, days: 2, prices: Float64Array.of(1, 2) }, 5).days).toBe(
      0,
    );
  });
});

describe('the normal quantile', () => {
  test.each([
    [0.5, 0],
    [0.95, 1.6448536269514722],
    [0.99, 2.3263478740408408],
    [0.975, 1.959963984540054],
    [1e-10, -6.361340902404056],
  ])('at %d is %d', (probability, expected) => {
    expect(normalQuantile(probability)).toBeCloseTo(expected, 12);
  });

  test('is nothing outside of 0 to 1', () => {
    expect([0, 1, -1, 2].map(normalQuantile).every(Number.isNaN)).toBe(true);
  });

  test('mean of nothing is not a number', () => {
    expect(mean(new Float64Array())).toBeNaN();
  });
});
