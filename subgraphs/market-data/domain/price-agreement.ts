/** When two prints say the same. */

/** Two prints within this distance agree with each other. */
export const AGREEMENT_BPS = 25;
export const BPS_PER_ONE = 10_000;

/** Exact: |a - b| is at most 25 bp of b. */
export function agree(a: bigint, b: bigint): boolean {
  const apart = a > b ? a - b : b - a;
  return apart * BigInt(BPS_PER_ONE) <= BigInt(AGREEMENT_BPS) * b;
}
