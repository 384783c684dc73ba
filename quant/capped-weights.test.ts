import { expect, test } from 'vitest';
import { cappedWeights } from './capped-weights.ts';

test('golden weights of section 2.4 under a cap of 15 %', () => {
  const given = [0.3, 0.22, 0.14, 0.1, 0.08, 0.06, 0.04, 0.03, 0.02, 0.01];
  const golden = [0.15, 0.15, 0.15, 0.15, 2 / 15, 0.1, 1 / 15, 0.05, 1 / 30, 1 / 60];
  const found = cappedWeights(Float64Array.from(given), 0.15) ?? [];
  expect(Array.from(found)).toEqual(golden.map((each) => expect.closeTo(each, 12)));
});

test('without a cap sizes are scaled to 1, and what weighs nothing stays at nothing', () => {
  expect(cappedWeights(Float64Array.of(3, 0, 1), undefined)).toEqual(
    Float64Array.of(0.75, 0, 0.25),
  );
});

test('there are none when names x cap is below 1, or nothing has a size', () => {
  expect(cappedWeights(Float64Array.of(1, 1, 1), 0.3)).toBeUndefined();
  expect(cappedWeights(Float64Array.of(1, 1, 0), 0.4)).toBeUndefined();
  expect(cappedWeights(Float64Array.of(0, 0), undefined)).toBeUndefined();
});

test('as many names as the cap needs all weigh the cap', () => {
  const sizes = Float64Array.from({ length: 10 }, (_, at) => at + 1);
  const found = Array.from(cappedWeights(sizes, 0.1) ?? []);
  expect(found).toEqual(Array.from(sizes, () => expect.closeTo(0.1, 12)));
});
