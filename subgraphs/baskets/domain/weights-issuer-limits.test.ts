import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal, fromNumber, ONE } from '#kernel/decimal';
import { weight } from '#kernel/money';
import {
  checkIssuerLimits,
  FUND_LIMITS,
  limitWeights,
  REVIEW_LIMITS,
} from './weights-issuer-limits.ts';

const ORACLE = join(import.meta.dirname, '../../../../shared/data/oracle/ucits_5_10_40.json');

interface OracleCase {
  readonly id: string;
  readonly weights: readonly number[];
  readonly issuers?: readonly string[];
  readonly passes: boolean;
  readonly breach?: string;
  readonly over5_total?: number;
}

describe('5/10/40', () => {
  test.skipIf(!existsSync(ORACLE))('judges the cases of the oracle ucits_5_10_40.json', () => {
    const { cases } = JSON.parse(readFileSync(ORACLE, 'utf8')) as { cases: readonly OracleCase[] };
    expect(cases.length).toBeGreaterThan(4);
    for (const each of cases) {
      const names = each.weights.map((size, at) => ({
        issuer: each.issuers?.[at] ?? `I${at}`,
        weight: weight(fromNumber(size)),
      }));
      const checked = checkIssuerLimits(names);
      const breach = checked.ok ? undefined : { SINGLE: '10', LARGE_TOTAL: '40' }[checked.breach];
      const expected = checked.ok ? each.over5_total : undefined;
      const largeTotal = expected === undefined || !checked.ok ? undefined : checked.largeTotal;
      expect({ id: each.id, passes: checked.ok, breach, largeTotal }).toEqual({
        id: each.id,
        passes: each.passes,
        breach: each.breach,
        largeTotal: expected === undefined ? undefined : fromNumber(expected),
      });
    }
  });

  test('any weights of 26 names or more are brought within the review limits', () => {
    const sizes = fc.array(fc.bigInt({ min: 1n, max: 10n ** 12n }), {
      minLength: 26,
      maxLength: 80,
    });
    fc.assert(
      fc.property(sizes, (given) => {
        const total = given.reduce((sum, each) => sum + each, 0n);
        const names = given.map((size, at) => ({
          issuer: `I${at}`,
          weight: weight((size * ONE) / total + 1n),
        }));
        const limited = limitWeights(names);
        if (!limited.ok) throw new Error(limited.message);
        expect(limited.weights.reduce((sum, each) => sum + each, 0n)).toBe(ONE);
        const after = names.map(({ issuer }, at) => ({
          issuer,
          weight: limited.weights[at] ?? weight(0n),
        }));
        // Rounding may put a name one unit of 1e-8 above a limit; the law is half a percent away.
        expect(checkIssuerLimits(after).ok).toBe(true);
        expect(after.every((each) => each.weight <= REVIEW_LIMITS.single + 1n)).toBe(true);
      }),
    );
  });

  test('too few names to spread the rest over are refused with the room there is', () => {
    const even = Array.from({ length: 12 }, (_, at) => ({
      issuer: `I${at}`,
      weight: weight(decimal('0.08')),
    }));
    expect(limitWeights(even, FUND_LIMITS)).toMatchObject({
      ok: false,
      message: expect.stringContaining('x 0.05'),
    });
    expect(limitWeights(even.slice(0, 5))).toMatchObject({
      ok: false,
      message: 'names x cap is at least 1, was 5 x 0.09',
    });
  });
});
