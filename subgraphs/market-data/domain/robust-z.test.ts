import { expect, test } from 'vitest';
import { median, robustZ } from './robust-z.ts';

/** [G] of domain page section 4; 112 is part of the sample. */
const SAMPLE = Float64Array.of(100.1, 100.2, 99.9, 100, 100.3, 100.1, 112);

test('MD-3 [G] the robust z of 112 among seven prices is 80.2655', () => {
  expect(median(SAMPLE)).toBe(100.1);
  expect(robustZ(112, SAMPLE)).toBeCloseTo(80.2655, 4);
});

test('an even sample has the mean of its two middle values as median', () => {
  expect(median(Float64Array.of(4, 1, 3, 2))).toBe(2.5);
});

test('a sample of equal values measures in the least deviation', () => {
  expect(robustZ(102, Float64Array.of(100, 100, 100), 0.5)).toBeCloseTo(0.6745 * 4, 12);
});
