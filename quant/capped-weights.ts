/** Weights in proportion to sizes, none above a cap. */

/**
 * Sizes scaled to a sum of 1; with a cap, every weight above it is set to it and the excess spread
 * pro rata over those that were never capped, until none exceeds it. Undefined when no size is
 * above zero, and when the names above zero x cap are below 1.
 *
 * Source: index and risk reference, section 2.4. Exact weights: weights.ts of baskets.
 */
export function cappedWeights(
  sizes: Float64Array,
  cap: number | undefined,
): Float64Array | undefined {
  const weights = sizes.slice();
  let total = 0;
  let positive = 0;
  for (const size of sizes) {
    total += size;
    if (size > 0) positive += 1;
  }
  if (!(total > 0)) return undefined;
  for (let name = 0; name < weights.length; name++) weights[name] = (weights[name] ?? 0) / total;
  if (cap === undefined) return weights;
  return positive * cap < 1 - CAP_TOLERANCE ? undefined : capped(weights, cap);
}

/** 10 names at 0.1 are 1 in decimals, and almost 1 in binary. */
const CAP_TOLERANCE = 1e-12;

function capped(weights: Float64Array, cap: number): Float64Array {
  const isCapped = new Uint8Array(weights.length);
  // Every round caps at least one more name.
  for (let round = 0; round < weights.length; round++) {
    let fixed = 0;
    let free = 0;
    let exceeding = 0;
    for (let name = 0; name < weights.length; name++) {
      const weight = weights[name] ?? 0;
      if (isCapped[name] === 0 && weight > cap) {
        isCapped[name] = 1;
        exceeding += 1;
      }
      if (isCapped[name] === 1) fixed += cap;
      else free += weight;
    }
    if (exceeding === 0) break;
    const scale = free > 0 ? (1 - fixed) / free : 0;
    for (let name = 0; name < weights.length; name++) {
      weights[name] = isCapped[name] === 1 ? cap : (weights[name] ?? 0) * scale;
    }
  }
  return weights;
}
