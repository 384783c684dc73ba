/** Moments of a series of returns; every function answers NaN for a series that is too short. */

export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Sample standard deviation, divisor n - 1. */
export function sampleDeviation(values: Float64Array): number {
  return Math.sqrt(centralSum(values, 2) / (values.length - 1));
}

/** Population skewness: third central moment over the 1.5th power of the second, divisors n. */
export function populationSkewness(values: Float64Array): number {
  const n = values.length;
  return centralSum(values, 3) / n / (centralSum(values, 2) / n) ** 1.5;
}

/** Population excess kurtosis: fourth central moment over the square of the second, minus 3. */
export function populationExcessKurtosis(values: Float64Array): number {
  const n = values.length;
  return centralSum(values, 4) / n / (centralSum(values, 2) / n) ** 2 - 3;
}

function centralSum(values: Float64Array, power: number): number {
  const center = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - center) ** power;
  return sum;
}
