/**
 * Relief against the published reports of rp2 (Apache-2.0, commit in the file), lots with fees.
 *
 * A disposal consumes its fee in units (`fee_qty`) without proceeds. rp2 orders HIFO and LOFO by
 * the price without the fee, we by the whole unit cost, as the domain rules say; a test shows that
 * the two orders are one in these cases, so the figures may be compared as they stand.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { fromNumber, toNumber } from '#kernel/decimal';
import { amount, quantity } from '#kernel/money';
import { hasRealData, REAL_DATA_MISSING, realFile } from '../../../test/support/real-data.ts';
import { afterTakings, relieve } from './lot-relief.ts';
import { openedLot, type TaxLot } from './tax-lot.ts';
import { sum } from './tax-lot-test-support.ts';

const METHODS = ['FIFO', 'LIFO', 'HIFO', 'LOFO'] as const;
/** Decimal places for `toBeCloseTo`: within 5e-5. */
const PLACES = 4;

interface Acquisition {
  readonly ts: string;
  readonly unit_price: number;
  readonly qty: number;
  readonly cost_with_fee: number;
}
interface Disposal {
  readonly ts: string;
  readonly kind: string;
  readonly qty: number;
  readonly fee_qty: number;
  readonly proceeds_without_fee_qty: number;
}
interface Summary {
  readonly year: number;
  readonly kind: string;
  readonly gain: number;
  readonly qty: number;
  readonly proceeds: number;
  readonly cost_basis: number;
}
interface Case {
  readonly id: string;
  readonly acquisitions: readonly Acquisition[];
  readonly disposals: readonly Disposal[];
  readonly methods: Readonly<
    Record<
      (typeof METHODS)[number],
      {
        readonly yearly_summary: readonly Summary[];
        readonly fraction_of_lot_consumed: readonly number[];
        readonly total_capital_gain: number;
      }
    >
  >;
}

const reports: { readonly cases: readonly Case[] } = hasRealData
  ? JSON.parse(readFileSync(realFile('oracle/tax_lots_rp2.json'), 'utf8'))
  : { cases: [] };
const WITHOUT = hasRealData ? '' : ` (${REAL_DATA_MISSING})`;

const lotOf = (acquired: Acquisition, index: number): TaxLot =>
  openedLot({
    lotId: `L${index}`,
    serial: index,
    openDate: businessDate(acquired.ts.slice(0, 10)),
    quantity: quantity(fromNumber(acquired.qty)),
    costBasis: amount(fromNumber(acquired.cost_with_fee)),
  });

interface Sold {
  readonly year: number;
  readonly kind: string;
  readonly units: bigint;
  readonly proceeds: bigint;
  readonly basis: bigint;
}

/** Buys and sells in order of time, by one method. */
function run({ acquisitions, disposals }: Case, method: (typeof METHODS)[number]) {
  const deals = [
    ...acquisitions.map((each, index) => ({ ts: each.ts, lot: lotOf(each, index) })),
    ...disposals.map((each) => ({ ts: each.ts, disposal: each })),
  ].sort((a, b) => a.ts.localeCompare(b.ts));
  let lots: readonly TaxLot[] = [];
  const consumed = acquisitions.map(() => 0n);
  const sold: Sold[] = [];
  for (const deal of deals) {
    if ('lot' in deal) {
      lots = [...lots, deal.lot];
      continue;
    }
    const { disposal } = deal;
    const units = fromNumber(disposal.qty) + fromNumber(disposal.fee_qty);
    const takings = relieve(method, lots, quantity(units));
    for (const { lot, takenQuantity } of takings) {
      consumed[lot.serial] = (consumed[lot.serial] ?? 0n) + takenQuantity;
    }
    lots = afterTakings(
      lots,
      takings.map((each) => ({ ...each, lotId: each.lot.lotId })),
    );
    sold.push({
      year: Number(disposal.ts.slice(0, 4)),
      kind: disposal.kind,
      units,
      proceeds: fromNumber(disposal.proceeds_without_fee_qty),
      basis: sum(takings.map((each) => each.basisOut)),
    });
  }
  return { sold, lots, consumed };
}

describe.skipIf(!hasRealData)(`relief as in the reports of rp2${WITHOUT}`, () => {
  test('there are cases', () => {
    expect(reports.cases.length).toBeGreaterThanOrEqual(3);
  });

  describe.each(reports.cases)('$id', (given) => {
    test('lots by price are in the order of lots by cost with fees', () => {
      const ranked = (costOf: (each: Acquisition) => number) =>
        [...given.acquisitions.entries()]
          .sort(([, a], [, b]) => costOf(b) - costOf(a))
          .map(([index]) => index);
      expect(ranked((each) => each.cost_with_fee / each.qty)).toEqual(
        ranked((each) => each.unit_price),
      );
    });

    test.each(METHODS)('%s: gain in total and per year', (method) => {
      const { sold } = run(given, method);
      const expected = given.methods[method];
      const gain = sum(sold.map(({ proceeds, basis }) => proceeds - basis));
      expect(toNumber(gain)).toBeCloseTo(expected.total_capital_gain, PLACES);

      const groups = new Set(expected.yearly_summary.map(({ year, kind }) => `${year} ${kind}`));
      expect(new Set(sold.map(({ year, kind }) => `${year} ${kind}`))).toEqual(groups);
      for (const group of groups) {
        const inGroup = (each: { year: number; kind: string }) =>
          `${each.year} ${each.kind}` === group;
        const seen = sold.filter(inGroup);
        // One row per term (short, long) there: the terms together are compared.
        const rows = expected.yearly_summary.filter(inGroup);
        const total = (of: (row: Summary) => number) => rows.reduce((all, row) => all + of(row), 0);
        const [units, proceeds, basis] = [
          sum(seen.map((each) => each.units)),
          sum(seen.map((each) => each.proceeds)),
          sum(seen.map((each) => each.basis)),
        ];
        expect(toNumber(units)).toBeCloseTo(
          total((row) => row.qty),
          PLACES,
        );
        expect(toNumber(proceeds)).toBeCloseTo(
          total((row) => row.proceeds),
          PLACES,
        );
        expect(toNumber(basis)).toBeCloseTo(
          total((row) => row.cost_basis),
          PLACES,
        );
        expect(toNumber(proceeds - basis)).toBeCloseTo(
          total((row) => row.gain),
          PLACES,
        );
      }
    });

    test.each(METHODS)('%s: the share of each lot that is consumed', (method) => {
      const { consumed, lots } = run(given, method);
      const expected = given.methods[method].fraction_of_lot_consumed;
      expect(consumed).toHaveLength(expected.length);
      for (const [index, fraction] of expected.entries()) {
        const acquired = given.acquisitions[index]?.qty ?? 0;
        expect(toNumber(consumed[index] ?? 0n) / acquired).toBeCloseTo(fraction, PLACES);
      }
      const all = sum(given.acquisitions.map((each) => fromNumber(each.qty)));
      expect(sum(lots.map((each) => each.quantity)) + sum(consumed)).toBe(all);
    });
  });
});
