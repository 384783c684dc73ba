/**
 * The open orders of one symbol, and the quote they are matched with; one thing at a time.
 *
 * It rests, or it works: an order, a quote or an answer wakes it, and it rests again when every
 * waiting quote was tried on every order. When a fill could not be recorded it rests too, and goes
 * on at the next tick or `retry`, under the same execId. It stays when its last order is gone: what
 * the current quote has given is not given again.
 */

import type { BusinessDate } from '#kernel/business-date';
import type { Quantity } from '#kernel/money';
import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { BrokerReport } from '../domain/decide-order.ts';
import { type Side, SIDES } from '../domain/fix-words.ts';
import { isFresh, isNewer, type LiveQuote } from '../domain/live-quote.ts';
import { byPriority, losesPriority, matchQuote, restOutcome } from '../domain/match-quote.ts';
import { isOpen, nextExecId, type Order, type OrderId } from '../domain/order.ts';
import type { RecordReportResult } from '../use-cases/record-report.ts';

/** Ticks waiting while fills are recorded; the oldest go, for the newest price counts. */
export const MAX_WAITING_QUOTES = 1_000;

interface Working {
  readonly order: Order;
  readonly priority: number;
}

interface Deps {
  readonly liveQuote: (symbol: string) => Promise<LiveQuote | null>;
  readonly report: (orderId: OrderId, report: BrokerReport) => Promise<RecordReportResult>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onDroppedQuotes: (count: number) => void;
}

export class SymbolBook {
  readonly #symbol: string;
  readonly #deps: Deps;
  readonly #working = new Map<OrderId, Working>();
  readonly #waiting: LiveQuote[] = [];
  #current: LiveQuote | null = null;
  /** What the current quote still has to give; null without bound. */
  #left: Record<Side, Quantity | null> = { BUY: null, SELL: null };
  #hasNews = false;
  #hasFailed = false;
  #priority = 0;
  #run: Promise<void> | undefined;
  readonly #expiring = new Set<OrderId>();

  constructor(symbol: string, deps: Deps) {
    this.#symbol = symbol;
    this.#deps = deps;
  }

  has(id: OrderId): boolean {
    return this.#working.has(id);
  }

  add(order: Order): void {
    if (this.#working.has(order.orderId)) return;
    this.#working.set(order.orderId, { order, priority: this.#nextPriority() });
    this.#wake();
  }

  /** The order as it now stands; gone from the book when it is closed. */
  update(order: Order): void {
    const before = this.#working.get(order.orderId);
    if (before === undefined) return;
    if (!isOpen(order)) {
      this.#working.delete(order.orderId);
      return;
    }
    const priority = losesPriority(before.order, order) ? this.#nextPriority() : before.priority;
    this.#working.set(order.orderId, { order, priority });
    this.#wake();
  }

  quote(quote: LiveQuote): void {
    if (this.#working.size === 0 && this.#run === undefined) {
      this.#take(quote);
      return;
    }
    if (this.#waiting.length >= MAX_WAITING_QUOTES) {
      this.#waiting.shift();
      this.#deps.onDroppedQuotes(1);
    }
    this.#waiting.push(quote);
    this.#wake();
  }

  expired(today: BusinessDate): readonly Order[] {
    return [...this.#working.values()]
      .map(({ order }) => order)
      .filter((order) => order.expiresOn < today);
  }

  expire(id: OrderId): void {
    this.#expiring.add(id);
    this.#wake();
  }

  retry(): void {
    if (this.#hasFailed) this.#wake();
  }

  async settled(): Promise<void> {
    while (this.#run !== undefined) await this.#run;
  }

  #nextPriority(): number {
    this.#priority += 1;
    return this.#priority;
  }

  #wake(): void {
    this.#hasNews = true;
    this.#run ??= this.#work()
      .catch((error: unknown) => {
        this.#hasFailed = true;
        this.#deps.logger.warn({ err: error, symbol: this.#symbol }, 'a fill was not recorded');
      })
      .finally(() => {
        this.#run = undefined;
        // Woken after the last look, before the rest.
        if (this.#hasNews && !this.#hasFailed) this.#wake();
      });
  }

  async #work(): Promise<void> {
    while (this.#hasNews) {
      this.#hasNews = false;
      this.#hasFailed = false;
      for (const id of this.#expiring) await this.#report(id, { type: 'ReportExpired' });
      this.#expiring.clear();
      if (!this.#isFresh()) this.#take(await this.#deps.liveQuote(this.#symbol));
      await this.#matchAll();
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#take(next);
        await this.#matchAll();
      }
    }
  }

  #take(quote: LiveQuote | null): void {
    if (quote === null || !isNewer(quote, this.#current)) return;
    this.#current = quote;
    this.#left = { BUY: quote.size, SELL: quote.size };
  }

  #isFresh(): boolean {
    return this.#current !== null && isFresh(this.#current, this.#deps.clock.nowMs());
  }

  async #matchAll(): Promise<void> {
    for (const side of SIDES) {
      const ranked = [...this.#working.values()]
        .filter(({ order }) => order.side === side)
        .map(({ order, priority }) => ({ ...order, priority }))
        .toSorted(byPriority);
      for (const { orderId } of ranked) await this.#tryOne(orderId);
    }
  }

  async #tryOne(id: OrderId): Promise<void> {
    // Meanwhile it may be filled, replaced or gone.
    const working = this.#working.get(id);
    if (working === undefined || working.order.pending !== null) return;
    const { order } = working;
    const left = this.#left[order.side];
    const quote = this.#isFresh() ? this.#current : null;
    const match = quote === null ? null : matchQuote(order, quote, left);
    if (match !== null) {
      const { lastQty, lastPx } = match;
      const result = await this.#report(id, {
        type: 'ReportFill',
        execId: nextExecId(order),
        lastQty,
        lastPx,
        transactTimeMs: this.#deps.clock.nowMs(),
        tradeDate: this.#deps.clock.today(),
      });
      if (result.ok && left !== null) this.#left[order.side] = (left - lastQty) as Quantity;
    }
    const rest = restOutcome(order.timeInForce);
    if (rest !== null && this.#working.has(id)) await this.#report(id, { type: rest });
  }

  async #report(id: OrderId, report: BrokerReport): Promise<RecordReportResult> {
    const result = await this.#deps.report(id, report);
    if (result.placed !== null) this.#settle(result.placed.order);
    else this.#working.delete(id);
    if (!result.ok) {
      const { reason } = result;
      this.#deps.logger.info({ orderId: id, report: report.type, reason }, 'a report was refused');
    }
    return result;
  }

  #settle(order: Order): void {
    const before = this.#working.get(order.orderId);
    if (before === undefined) return;
    if (isOpen(order)) this.#working.set(order.orderId, { ...before, order });
    else this.#working.delete(order.orderId);
  }
}
