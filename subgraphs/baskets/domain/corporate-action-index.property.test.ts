import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { price, quantity } from '#kernel/money';
import {
  type CorporateAction,
  type IndexAtClose,
  type IndexPosition,
  workIn,
} from './corporate-action-index.ts';
import {
  divisorFor,
  type FxFactor,
  level,
  levelOf,
  marketValue,
  SAME_CURRENCY,
} from './index-level.ts';

const position = (symbol: string, units: string, close: string): IndexPosition => ({
  symbol,
  units: quantity(decimal(units)),
  price: price(decimal(close)),
  fx: SAME_CURRENCY,
});
const levelAt = ({ positions, divisor }: IndexAtClose) => levelOf(marketValue(positions), divisor);

describe('BK-9 continuity of an index level', () => {
  const ACTIONS = 1_000;
  const MAX_NAMES = 40;
  /** One drawn action, to be aimed at whatever the index holds by then. */
  const drawn = fc.record({
    kind: fc.constantFrom(
      'SPLIT',
      'CONSOLIDATION',
      'SPECIAL_DIVIDEND',
      'RIGHTS',
      'SHARE_CHANGE',
      'SPIN_OFF',
      'ADD',
      'DELETE',
      'MERGER_FOR_CASH',
      'MERGER_FOR_STOCK',
    ),
    at: fc.nat(),
    ratio: fc.bigInt(2n, 20n),
    percent: fc.bigInt(1n, 40n),
    units: fc.bigInt({ min: 10n ** 8n, max: 10n ** 13n }),
    close: fc.bigInt({ min: 10n ** 8n, max: 10n ** 11n }),
    fx: fc.bigInt({ min: 10n ** 14n, max: 10n ** 18n }),
  });
  type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

  function aim(index: IndexAtClose, each: Drawn, number: number): CorporateAction {
    const { positions } = index;
    const held = positions[each.at % positions.length] ?? position('A', '1', '1');
    const other = positions[(each.at + 1) % positions.length] ?? held;
    const { symbol } = held;
    const fx = each.fx as FxFactor;
    switch (each.kind) {
      case 'SPLIT':
        return { kind: 'SPLIT', symbol, newShares: each.ratio, oldShares: 1n };
      case 'CONSOLIDATION':
        return { kind: 'SPLIT', symbol, newShares: 1n, oldShares: each.ratio };
      case 'SPECIAL_DIVIDEND':
        return {
          kind: 'SPECIAL_DIVIDEND',
          symbol,
          dividend: price((held.price * each.percent) / 100n),
        };
      case 'RIGHTS':
        return {
          kind: 'RIGHTS',
          symbol,
          newShares: 1n,
          perShares: each.ratio,
          subscriptionPrice: price((held.price * (each.percent + 70n)) / 100n),
        };
      case 'SHARE_CHANGE':
        return { kind: 'SHARE_CHANGE', symbol, units: quantity(each.units) };
      case 'SPIN_OFF':
        return {
          kind: 'SPIN_OFF',
          symbol,
          child: { symbol: `N${number}`, fx: held.fx },
          childShares: 1n,
          parentShares: each.ratio,
        };
      case 'ADD':
        return {
          kind: 'ADD',
          symbol: `N${number}`,
          units: quantity(each.units),
          price: price(each.close),
          fx,
        };
      case 'DELETE':
        return { kind: 'DELETE', symbol, finalPrice: null };
      case 'MERGER_FOR_CASH':
        return { kind: 'MERGER_FOR_CASH', symbol, cash: held.price };
      case 'MERGER_FOR_STOCK':
        return {
          kind: 'MERGER_FOR_STOCK',
          symbol,
          acquirer: other.symbol,
          newShares: each.ratio,
          oldShares: 3n,
        };
    }
  }

  test.each(['CAPITALISATION', 'UNITS', 'PRICE'] as const)(
    `the level of an index by %s stays to 1e-9 through ${ACTIONS} random corporate actions`,
    (method) => {
      const many = fc.array(drawn, { minLength: ACTIONS, maxLength: ACTIONS, size: 'max' });
      fc.assert(
        fc.property(many, (actions) => {
          const positions = [
            position('A', '1000', '10'),
            position('B', '500', '20'),
            position('C', '200', '50'),
          ];
          const divisor = divisorFor(marketValue(positions), level(decimal('1000')));
          let index: IndexAtClose = { method, positions, divisor };
          const start = levelAt(index);
          let applied = 0;
          actions.forEach((each, number) => {
            const action = aim(index, each, number);
            const grows = action.kind === 'ADD' || action.kind === 'SPIN_OFF';
            if (grows && index.positions.length >= MAX_NAMES) return;
            const worked = workIn(index, action);
            if (!worked.ok) return;
            applied += 1;
            index = worked.index;
          });
          expect(applied).toBeGreaterThan(ACTIONS / 3);
          const now = levelAt(index);
          const off = now > start ? now - start : start - now;
          expect(off * 10n ** 9n).toBeLessThanOrEqual(start);
        }),
        { numRuns: 20 },
      );
    },
  );
});
