/**
 * The value at position (n - 1) x probability of the sorted values, linear between two of them
 * (Hyndman-Fan type 7, what numpy and spreadsheets take). `sorted` ascends; NaN for no values.
 */
export function quantileLinear(sorted: Float64Array, probability: number): number {
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const lower = sorted[below] ?? Number.NaN;
  const upper = sorted[below + 1] ?? lower;
  return lower + (position - below) * (upper - lower);
}
