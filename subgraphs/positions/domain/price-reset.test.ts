import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDecimal } from '#kernel/decimal';
import { amount, notional, price, quantity } from '#kernel/money';
import { afterTakings, relieve } from './lot-relief.ts';
import { afterReset, resetLots } from './price-reset.ts';
import { lot, money, sum, units } from './tax-lot-test-support.ts';
import type { TaxLot } from './tax-lot.ts';

/** Sells or covers by FIFO at a price, without fees. */
function close(lots: readonly TaxLot[], taken: bigint, at: bigint) {
  const takings = relieve('FIFO', lots, quantity(taken));
  const gains = takings.map((each) => {
    const sign = each.lot.quantity < 0n ? -1n : 1n;
    const proceeds = sign * notional(price(at), each.takenQuantity);
    return proceeds - each.basisOut - each.settledResetsOut;
  });
  const left = afterTakings(
    lots,
    takings.map((each) => ({ ...each, lotId: each.lot.lotId })),
  );
  return { gain: sum(gains), left };
}

describe('golden [G-5]: a reset pays the gain so far and the lot goes on from there', () => {
  test.each([
    ['long', '1000', '100000', '3000', '800', '600'],
    ['short', '-1000', '-100000', '-3000', '-800', '-600'],
  ])('%s', (_side, held, basis, settled, gain, left) => {
    const opened = lot('L1', '2026-01-05', held, basis);
    const reset = resetLots([opened], price(units('103')));
    expect(formatDecimal(reset.settlement)).toBe(settled);
    expect(reset.perLot).toEqual([{ lotId: 'L1', settlement: money(settled) }]);
    expect(reset.lots).toEqual([{ ...opened, settledResets: money(settled) }]);

    const closed = close(reset.lots, units('400'), units('105'));
    expect(formatDecimal(closed.gain)).toBe(gain);
    const [rest] = closed.left;
    expect(rest).toMatchObject({ openDate: '2026-01-05', quantity: units(left) });
    expect(rest && rest.costBasis + rest.settledResets).toBe(units(left) * 103n);
  });
});

test('a second reset at the same price pays nothing', () => {
  const once = resetLots([lot('L1', '2026-01-05', '3', '10')], price(units('3.33333333')));
  expect(formatDecimal(once.settlement)).toBe('-0.00000001');
  expect(resetLots(once.lots, price(units('3.33333333'))).settlement).toBe(0n);
});

test('resets and reliefs together gain proceeds less cost, whatever the prices', () => {
  const prices = fc.array(fc.bigInt(1n, 10n ** 12n), { maxLength: 5 });
  const held = fc.bigInt(-(10n ** 12n), 10n ** 12n).filter((each) => each !== 0n);
  fc.assert(
    fc.property(prices, held, fc.bigInt(1n, 10n ** 14n), (resets, open, cost) => {
      const sign = open < 0n ? -1n : 1n;
      let lots: readonly TaxLot[] = [
        lot('L1', '2026-01-05', '1', '1', {
          quantity: quantity(open),
          costBasis: amount(sign * cost),
        }),
      ];
      const last = 7n * 10n ** 8n;
      let gained = 0n;
      let proceeds = 0n;
      for (const each of resets) {
        const reset = resetLots(lots, price(each));
        expect(reset.lots).toEqual(afterReset(lots, reset.perLot));
        gained += reset.settlement;
        lots = reset.lots;
        const some = (lots[0]?.quantity ?? 0n) / 3n;
        if (some === 0n) continue;
        const closed = close(lots, sign * some, last);
        gained += closed.gain;
        proceeds += sign * notional(price(last), quantity(sign * some));
        lots = closed.left;
      }
      const rest = sign * sum(lots.map((each) => each.quantity));
      proceeds += sign * notional(price(last), quantity(rest));
      expect(gained + close(lots, rest, last).gain).toBe(proceeds - sign * cost);
    }),
  );
});
