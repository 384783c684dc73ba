import { describe, expect, test } from 'vitest';
import { byPriority, losesPriority, matchQuote, type RankedOrder } from './match-quote.ts';
import { at, units } from './order-example.ts';

const quote = { last: at('100'), bid: at('99.9'), ask: at('100.1') };
const lastOnly = { last: at('100'), bid: null, ask: null };
const buy: RankedOrder = {
  side: 'BUY',
  ordType: 'MARKET',
  timeInForce: 'DAY',
  price: null,
  protectionPx: at('105'),
  leavesQty: units('50'),
  priority: 1,
};
const sell: RankedOrder = { ...buy, side: 'SELL', protectionPx: null };
const limit = (order: RankedOrder, price: string): RankedOrder => ({
  ...order,
  ordType: 'LIMIT',
  price: at(price),
  protectionPx: order.side === 'BUY' ? at(price) : null,
});
const orKill: RankedOrder = { ...buy, timeInForce: 'FILL_OR_KILL' };

describe('OR-3 matching an order against a quote', () => {
  test.each([
    ['MARKET BUY fills at the ask', buy, quote, null, '50', '100.1'],
    ['MARKET SELL fills at the bid', sell, quote, null, '50', '99.9'],
    ['without a quote the last price counts', buy, lastOnly, null, '50', '100'],
    ['the size of the quote caps the fill', buy, quote, '20', '20', '100.1'],
    ['a size above the quantity does not', buy, quote, '80', '50', '100.1'],
    ['LIMIT BUY at the ask fills there', limit(buy, '100.1'), quote, null, '50', '100.1'],
    ['LIMIT BUY above the ask fills at the ask', limit(buy, '101'), quote, null, '50', '100.1'],
    ['LIMIT SELL below the bid fills at the bid', limit(sell, '90'), quote, null, '50', '99.9'],
    ['FILL_OR_KILL takes all when all is there', orKill, quote, '50', '50', '100.1'],
  ])('%s', (_what, order, on, size, lastQty, lastPx) => {
    expect(matchQuote(order, on, size === null ? null : units(size))).toEqual({
      lastQty: units(lastQty),
      lastPx: at(lastPx),
    });
  });

  test.each([
    ['LIMIT BUY below the ask waits', limit(buy, '100.09'), quote, null],
    ['LIMIT SELL above the bid waits', limit(sell, '99.91'), quote, null],
    ['MARKET BUY waits beyond its protection', { ...buy, protectionPx: at('100') }, quote, null],
    ['FILL_OR_KILL takes nothing when it is not enough', orKill, quote, '49.99999999'],
    ['a quote that gave all it had gives no more', buy, quote, '0'],
    ['a STOP order is not matched', { ...buy, ordType: 'STOP' as const }, quote, null],
  ])('%s', (_what, order, on, size) => {
    expect(matchQuote(order, on, size === null ? null : units(size))).toBeNull();
  });
});

describe('OR-3 priority', () => {
  test('MARKET first, then the better limit, then the earlier', () => {
    const orders = [
      { ...limit(buy, '99'), priority: 1 },
      { ...limit(buy, '101'), priority: 3 },
      { ...limit(buy, '101'), priority: 2 },
      { ...buy, priority: 9 },
    ];
    expect(orders.toSorted(byPriority).map(({ priority }) => priority)).toEqual([9, 2, 3, 1]);
    const offers = [
      { ...limit(sell, '99'), priority: 2 },
      { ...limit(sell, '98'), priority: 3 },
    ];
    expect(offers.toSorted(byPriority).map(({ priority }) => priority)).toEqual([3, 2]);
  });

  test('a new price or a greater quantity loses it, a smaller quantity keeps it', () => {
    const before = { price: at('10'), leavesQty: units('5') };
    expect(losesPriority(before, { ...before, price: at('9') })).toBe(true);
    expect(losesPriority(before, { ...before, leavesQty: units('6') })).toBe(true);
    expect(losesPriority(before, { ...before, leavesQty: units('4') })).toBe(false);
  });
});
