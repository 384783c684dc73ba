/** Moments of a series of returns; every function answers NaN for a series that is too short. */

export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Sample standard deviation, divisor n - 1. */
export function sampleDeviation(values: Float64Array): number {
  return Math.sqrt(centralSums(values).squares / (values.length - 1));
}

/** Sample covariance of two series of one length, divisor n - 1. */
export function sampleCovariance(first: Float64Array, second: Float64Array): number {
  const firstMean = mean(first);
  const secondMean = mean(second);
  let sum = 0;
  for (let i = 0; i < first.length; i++) {
    sum += ((first[i] ?? Number.NaN) - firstMean) * ((second[i] ?? Number.NaN) - secondMean);
  }
  return sum / (first.length - 1);
}

/** Population skewness: third central moment over the 1.5th power of the second, divisors n. */
export function populationSkewness(values: Float64Array): number {
  const n = values.length;
  const { squares, cubes } = centralSums(values);
  return cubes / n / (squares / n) ** 1.5;
}

/** Population excess kurtosis: fourth central moment over the square of the second, minus 3. */
export function populationExcessKurtosis(values: Float64Array): number {
  const n = values.length;
  const { squares, fourths } = centralSums(values);
  return fourths / n / (squares / n) ** 2 - 3;
}

/** Population skewness times sqrt(n (n - 1)) / (n - 2), as spreadsheets show it; n above 2. */
export function adjustedSkewness(values: Float64Array): number {
  const n = values.length;
  return n > 2 ? (populationSkewness(values) * Math.sqrt(n * (n - 1))) / (n - 2) : Number.NaN;
}

/** Excess kurtosis without the bias of a small sample, as spreadsheets show it; n above 3. */
export function adjustedExcessKurtosis(values: Float64Array): number {
  const n = values.length;
  const population = populationExcessKurtosis(values);
  return n > 3 ? ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * population + 6) : Number.NaN;
}

function centralSums(values: Float64Array): { squares: number; cubes: number; fourths: number } {
  const center = mean(values);
  let squares = 0;
  let cubes = 0;
  let fourths = 0;
  for (const value of values) {
    const distance = value - center;
    const square = distance * distance;
    squares += square;
    cubes += square * distance;
    fourths += square * square;
  }
  return { squares, cubes, fourths };
}
