/** Robust statistics of small samples: an outlier cannot hide by widening the scale. */

/** Makes the median absolute deviation of a normal sample comparable to its standard deviation. */
const NORMAL_CONSISTENCY = 0.6745;

/** Middle of the sorted sample, for an even count the mean of the middle two; NaN when empty. */
export function median(sample: Float64Array): number {
  const sorted = sample.toSorted();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * 0.6745 x (value - median) / MAD, signed. A deviation below `leastDeviation` counts as that much,
 * so that a sample of equal values does not make every other value infinite.
 *
 * Source: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993, modified z-score. A plain
 * z-score cannot exceed (n - 1) / sqrt(n), too little for a sample of this size.
 */
export function robustZ(value: number, sample: Float64Array, leastDeviation = 0): number {
  const center = median(sample);
  const deviation = median(sample.map((each) => Math.abs(each - center)));
  return (NORMAL_CONSISTENCY * (value - center)) / Math.max(deviation, leastDeviation);
}
