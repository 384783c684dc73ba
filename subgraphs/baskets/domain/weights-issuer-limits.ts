/**
 * The 5/10/40 rule of funds: at most 10 % in one issuer, and the issuers above 5 % at most 40 %
 * together. Directive 2009/65/EC, article 52.
 */

import { formatDecimal, ONE } from '#kernel/decimal';
import { type Weight, weight } from '#kernel/money';
import { capWeights, roundToOne } from './weights.ts';

export interface IssuerWeight {
  /** One issuer, whatever share class; companies of one group count as one. */
  readonly issuer: string;
  readonly weight: Weight;
}

export interface IssuerLimits {
  /** No issuer is above this. */
  readonly single: Weight;
  /** Issuers above this count as large; exactly this does not. */
  readonly large: Weight;
  /** All large issuers together are at most this. */
  readonly largeTotal: Weight;
}

/** The law: exactly 10 %, exactly 5 % and exactly 40 % pass. */
export const FUND_LIMITS: IssuerLimits = {
  single: weight(ONE / 10n),
  large: weight(ONE / 20n),
  largeTotal: weight((ONE * 2n) / 5n),
};

/** For reviews: lower, so that the drift of the first days breaches nothing. */
export const REVIEW_LIMITS: IssuerLimits = {
  single: weight((ONE * 9n) / 100n),
  large: weight((ONE * 45n) / 1000n),
  largeTotal: weight((ONE * 36n) / 100n),
};

export type IssuerCheck =
  | { readonly ok: true; readonly largeTotal: Weight }
  | { readonly ok: false; readonly breach: 'SINGLE' | 'LARGE_TOTAL'; readonly message: string };

/** Sums the weights per issuer, then looks at the single limit, then at that of the large ones. */
export function checkIssuerLimits(
  names: readonly IssuerWeight[],
  limits: IssuerLimits = FUND_LIMITS,
): IssuerCheck {
  const issuers = byIssuer(names);
  const [largest] = issuers.toSorted((a, b) => (a.weight > b.weight ? -1 : 1));
  if (largest && largest.weight > limits.single) {
    const found = `${formatDecimal(largest.weight)} in ${largest.issuer}`;
    const message = `at most ${formatDecimal(limits.single)} in one issuer, was ${found}`;
    return { ok: false, breach: 'SINGLE', message };
  }
  const largeTotal = totalAbove(issuers, limits.large);
  if (largeTotal > limits.largeTotal) {
    const wanted = `issuers above ${formatDecimal(limits.large)} are at most`;
    const total = formatDecimal(largeTotal);
    const message = `${wanted} ${formatDecimal(limits.largeTotal)} together, was ${total}`;
    return { ok: false, breach: 'LARGE_TOTAL', message };
  }
  return { ok: true, largeTotal };
}

function byIssuer(names: readonly IssuerWeight[]): IssuerWeight[] {
  const sums = new Map<string, bigint>();
  for (const each of names) sums.set(each.issuer, (sums.get(each.issuer) ?? 0n) + each.weight);
  return [...sums].map(([issuer, sum]) => ({ issuer, weight: weight(sum) }));
}

function totalAbove(names: readonly IssuerWeight[], limit: Weight): Weight {
  return weight(names.reduce((sum, each) => (each.weight > limit ? sum + each.weight : sum), 0n));
}

export type LimitedWeights =
  | { readonly ok: true; readonly weights: readonly Weight[] }
  | { readonly ok: false; readonly message: string };

/**
 * Weights within the limits, one name per issuer: first every weight is capped at `single`; then,
 * while the large ones exceed their total, the smallest large one is set to `large` and what it
 * loses lies on those below `large` pro rata, up to `large`. Refuses when there is no room for it.
 */
export function limitWeights(
  names: readonly IssuerWeight[],
  limits: IssuerLimits = REVIEW_LIMITS,
): LimitedWeights {
  const capped = capWeights(
    names.map(({ issuer, weight: each }) => ({ id: issuer, weight: each })),
    limits.single,
  );
  if (!capped.ok) return capped;
  const large = new Set<string>();
  const ranked = names
    .map(({ issuer }, at) => ({ issuer, weight: capped.weights[at] ?? weight(0n) }))
    .toSorted((a, b) => Number(b.weight - a.weight) || (a.issuer < b.issuer ? -1 : 1));
  let sum = 0n;
  for (const { issuer, weight: each } of ranked) {
    if (each <= limits.large || sum + each > limits.largeTotal) break;
    sum += each;
    large.add(issuer);
  }
  return spread(
    names.map(({ issuer }, at) => ({ issuer, weight: capped.weights[at] ?? weight(0n) })),
    { large, rest: ONE - sum, limit: limits.large },
  );
}

/** The large ones keep their weights; the others share the rest, none above the limit. */
function spread(
  names: readonly IssuerWeight[],
  { large, rest, limit }: { large: ReadonlySet<string>; rest: bigint; limit: Weight },
): LimitedWeights {
  const small = names.filter(({ issuer }) => !large.has(issuer));
  if (BigInt(small.length) * limit < rest) {
    const room = `${small.length} x ${formatDecimal(limit)}`;
    const message = `names at or below the limit have room for ${formatDecimal(rest)}, was ${room}`;
    return { ok: false, message };
  }
  if (small.length === 0) return { ok: true, weights: names.map((each) => each.weight) };
  // As fractions of the rest, so that the cap that cannot be exceeded is one of the whole.
  const shares = roundToOne(small.map(({ issuer, weight: size }) => ({ id: issuer, size })));
  const cap = weight((limit * ONE) / rest < ONE ? (limit * ONE) / rest : ONE);
  const within = capWeights(
    small.map(({ issuer }, at) => ({ id: issuer, weight: shares[at] ?? weight(0n) })),
    cap,
  );
  if (!within.ok) return within;
  const sizes = new Map(small.map(({ issuer }, at) => [issuer, within.weights[at] ?? weight(0n)]));
  const kept = names.map(({ issuer, weight: each }) => {
    const fraction = sizes.get(issuer);
    return { id: issuer, size: fraction === undefined ? each * ONE : fraction * rest };
  });
  return { ok: true, weights: roundToOne(kept) };
}
