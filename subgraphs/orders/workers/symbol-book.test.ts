import { describe, expect, test } from 'vitest';
import { formatDecimal } from '#kernel/decimal';
import { addDays } from '#kernel/business-date';
import { fixedClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { decide } from '../domain/decide-order.ts';
import type { LiveQuote } from '../domain/live-quote.ts';
import { at, exampleTerms, TRADE_DATE, TRANSACT_TIME_MS, units } from '../domain/order-example.ts';
import {
  clOrdId,
  evolve,
  type Order,
  orderId,
  type OrderId,
  type OrderTerms,
} from '../domain/order.ts';
import type { RecordReportResult } from '../use-cases/record-report.ts';
import { MAX_WAITING_QUOTES, SymbolBook } from './symbol-book.ts';

/** Keeps orders like the store does: every report is decided, and told once. */
function createDesk() {
  const orders = new Map<OrderId, Order>();
  const told: string[] = [];
  let failures = 0;
  let dropped = 0;
  let sequence = 0n;
  let live: LiveQuote | null = null;
  const clock = fixedClock(TRANSACT_TIME_MS);

  const quote = (ask: string, size?: string): LiveQuote => {
    sequence += 1n;
    return {
      symbol: 'AAPL',
      last: at(ask),
      bid: at(ask),
      ask: at(ask),
      size: size === undefined ? null : units(size),
      receivedAtMs: clock.nowMs(),
      sequence,
    };
  };
  const book = new SymbolBook('AAPL', {
    clock,
    logger: silentLogger,
    liveQuote: () => Promise.resolve(live),
    onDroppedQuotes: (count) => {
      dropped += count;
    },
    report(id, report): Promise<RecordReportResult> {
      if (failures > 0) {
        failures -= 1;
        return Promise.reject(new Error('the database is away'));
      }
      const before = orders.get(id) ?? null;
      const decision = decide(before, report);
      const order = decision.ok ? decision.events.reduce<Order | null>(evolve, before) : before;
      const placed = order && { order, version: 1, correlationId: 'c' };
      if (!decision.ok) return Promise.resolve({ ok: false, reason: decision.reason, placed });
      if (placed === null) throw new Error('no order');
      orders.set(id, placed.order);
      const shown =
        report.type === 'ReportFill'
          ? `${report.execId} ${formatDecimal(report.lastQty)} @ ${formatDecimal(report.lastPx)}`
          : `${id} ${report.type}`;
      if (decision.events.length > 0) told.push(shown);
      return Promise.resolve({ ok: true, placed: placed });
    },
  });
  return {
    book,
    told,
    clock,
    quote,
    orders,
    setLive: (value: LiveQuote) => {
      live = value;
    },
    failNext: (count: number) => {
      failures = count;
    },
    dropped: () => dropped,
    place(id: string, changes: Partial<OrderTerms> = {}): Order {
      const terms = exampleTerms({ orderId: orderId(id), clOrdId: clOrdId(id), ...changes });
      const submitted = evolve(null, { type: 'OrderSubmitted', terms, checks: [] });
      const order = evolve(submitted, { type: 'OrderAcknowledged' });
      orders.set(order.orderId, order);
      book.add(order);
      return order;
    },
  };
}

describe('OR-3 the book of one symbol', () => {
  test('the same ticks give the same fills', async () => {
    const runs = await Promise.all(
      [1, 2].map(async () => {
        const desk = createDesk();
        desk.place('A', { orderQty: units('500') });
        desk.place('B', { orderQty: units('400'), price: at('10.06'), protectionPx: at('10.06') });
        desk.place('C', { side: 'SELL', price: at('10.04'), protectionPx: null });
        for (const [ask, size] of [
          ['10.05', '300'],
          ['10.07', '900'],
          ['10.04', '350'],
          ['10.02', '1000'],
        ] as const) {
          desk.book.quote(desk.quote(ask, size));
        }
        await desk.book.settled();
        return desk.told;
      }),
    );
    expect(runs[0]).toEqual([
      'B-1 300 @ 10.05',
      'C-1 300 @ 10.05',
      'C-2 700 @ 10.07',
      'B-2 100 @ 10.04',
      'A-1 250 @ 10.04',
      'A-2 250 @ 10.02',
    ]);
    expect(runs[1]).toEqual(runs[0]);
  });

  test('a new order meets what the current quote has left, not all of it again', async () => {
    const desk = createDesk();
    desk.place('A', { orderQty: units('300') });
    desk.book.quote(desk.quote('10', '500'));
    await desk.book.settled();
    desk.place('B', { orderQty: units('300') });
    await desk.book.settled();
    expect(desk.told).toEqual(['A-1 300 @ 10', 'B-1 200 @ 10']);
  });

  test('the last value of the cache and its tick are one quote', async () => {
    const desk = createDesk();
    const quote = desk.quote('10', '100');
    desk.setLive(quote);
    desk.place('A');
    desk.book.quote(quote);
    await desk.book.settled();
    expect(desk.told).toEqual(['A-1 100 @ 10']);
  });

  test('a quote that is too old fills nothing', async () => {
    const desk = createDesk();
    desk.book.quote(desk.quote('10'));
    desk.clock.advance(60_001);
    desk.place('A');
    await desk.book.settled();
    expect(desk.told).toEqual([]);
    desk.book.quote(desk.quote('10'));
    await desk.book.settled();
    expect(desk.told).toEqual(['A-1 1000 @ 10']);
  });

  test('a fill that could not be recorded is tried again under the same id', async () => {
    const desk = createDesk();
    desk.place('A');
    desk.failNext(1);
    desk.book.quote(desk.quote('10'));
    await desk.book.settled();
    expect(desk.told).toEqual([]);
    desk.book.retry();
    await desk.book.settled();
    expect(desk.told).toEqual(['A-1 1000 @ 10']);
  });

  test('a greater replacement goes to the end of the queue, a smaller one stays', async () => {
    const desk = createDesk();
    const [first, second] = [desk.place('A'), desk.place('B')];
    desk.book.update({ ...second, orderQty: units('900'), leavesQty: units('900') });
    desk.book.update({ ...first, orderQty: units('2000'), leavesQty: units('2000') });
    desk.orders.set(first.orderId, { ...first, orderQty: units('2000') });
    desk.book.quote(desk.quote('10', '950'));
    await desk.book.settled();
    expect(desk.told).toEqual(['B-1 900 @ 10', 'A-1 50 @ 10']);
  });

  test('orders expire after their last day', async () => {
    const desk = createDesk();
    desk.place('A');
    desk.place('B', { timeInForce: 'GOOD_TILL_CANCEL', expiresOn: addDays(TRADE_DATE, 90) });
    expect(desk.book.expired(TRADE_DATE)).toEqual([]);
    for (const order of desk.book.expired(addDays(TRADE_DATE, 1))) {
      desk.book.expire(order.orderId);
    }
    await desk.book.settled();
    expect(desk.told).toEqual(['A ReportExpired']);
    expect(desk.book.has(orderId('A'))).toBe(false);
    expect(desk.book.has(orderId('B'))).toBe(true);
  });

  test('waiting ticks are bounded, the oldest go, and it is counted', async () => {
    const desk = createDesk();
    desk.place('A', { price: at('1'), protectionPx: at('1') });
    for (let n = 0; n < MAX_WAITING_QUOTES + 5; n += 1) desk.book.quote(desk.quote('10'));
    expect(desk.dropped()).toBe(5);
    desk.book.quote(desk.quote('1'));
    await desk.book.settled();
    expect(desk.told).toEqual(['A-1 1000 @ 1']);
  });
});
