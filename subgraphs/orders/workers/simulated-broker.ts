/**
 * The simulated broker: fills orders from accepted ticks. No market ever sees them.
 *
 * It is idle until it holds the lease, so that of several processes one does the matching; the
 * others acknowledge, cancel and replace, which needs nothing but the order itself. With the lease
 * it works: it has taken up every open order, hears the ticks, and sweeps now and then for orders
 * placed elsewhere and for those that expire. Losing the lease, or `stop`, makes it idle again;
 * what is in hand is finished. Two at once would do no harm: a fill is recorded on the version of
 * the order it was worked out from, under an id that depends on that order alone.
 *
 * The ticks of one symbol are matched one after the other, so the same ticks give the same fills.
 */

import { ACCEPTED_TICKS_CHANNEL, acceptedTick } from '#kernel/topics/accepted-ticks';
import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { Broadcast, BroadcastMessage, Closeable, HeldLease, Lease } from '#platform/ports';
import type { BrokerReport } from '../domain/decide-order.ts';
import { type LiveQuote, quoteOf } from '../domain/live-quote.ts';
import { isOpen, type Order, type OrderId } from '../domain/order.ts';
import type { OpenOrder } from '../store/order-store.ts';
import type { BrokerPort } from '../use-cases/broker-port.ts';
import type { RecordReportResult } from '../use-cases/record-report.ts';
import { SymbolBook } from './symbol-book.ts';

export const SIMULATED_BROKER = 'simulated-broker';
const LEASE_NAME = 'orders-simulated-broker';
const LEASE_TTL_MS = 3_000;
export const SWEEP_INTERVAL_MS = 1_000;

export interface SimulatedBrokerDeps {
  readonly broadcast: Broadcast;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly liveQuote: (symbol: string) => Promise<LiveQuote | null>;
  readonly loadOrder: (id: OrderId) => Promise<Order | null>;
  readonly openOrders: () => Promise<readonly OpenOrder[]>;
  readonly report: (orderId: OrderId, report: BrokerReport) => Promise<RecordReportResult>;
  readonly onDroppedQuotes: (count: number) => void;
  readonly sweepIntervalMs?: number;
}

export class SimulatedBroker implements BrokerPort {
  readonly name = SIMULATED_BROKER;
  readonly isSimulated = true;
  readonly #deps: SimulatedBrokerDeps;
  readonly #books = new Map<string, SymbolBook>();
  #held: HeldLease | undefined;
  #ticks: Closeable | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(deps: SimulatedBrokerDeps) {
    this.#deps = deps;
  }

  /** Resolves when it hears the ticks, or when another process does; open orders come after. */
  async start(): Promise<void> {
    await this.#acquireLease();
    this.#sweeping = this.#sweepSafely();
    this.#timer = setInterval(() => {
      this.#sweeping = this.#sweeping.then(() => this.#sweepSafely());
    }, this.#deps.sweepIntervalMs ?? SWEEP_INTERVAL_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#sweeping;
    await this.#becomeIdle();
    await this.#held?.release();
  }

  async route(order: Order): Promise<void> {
    const acknowledged = await this.#deps.report(order.orderId, { type: 'ReportAcknowledged' });
    if (acknowledged.ok) this.#take(acknowledged.placed.order);
  }

  async cancel(order: Order): Promise<void> {
    const canceled = await this.#deps.report(order.orderId, { type: 'ReportCanceled' });
    const answered = canceled.ok
      ? canceled
      : await this.#deps.report(order.orderId, { type: 'ReportCancelRefused' });
    this.#update(answered);
  }

  async replace(order: Order): Promise<void> {
    this.#update(await this.#deps.report(order.orderId, { type: 'ReportReplaced' }));
  }

  /** Resolves when everything heard so far is matched. */
  async settled(): Promise<void> {
    await Promise.all([...this.#books.values()].map((book) => book.settled()));
  }

  async #sweepSafely(): Promise<void> {
    try {
      if (!this.#isStopped) await this.#sweep();
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'simulated broker: sweep failed, will try again');
    }
  }

  async #sweep(): Promise<void> {
    if (!this.#isWorking()) {
      await this.#becomeIdle();
      await this.#acquireLease();
    }
    if (!this.#isWorking()) return;
    const today = this.#deps.clock.today();
    for (const { orderId, symbol } of await this.#deps.openOrders()) {
      if (this.#isStopped) return;
      if (this.#books.get(symbol)?.has(orderId) !== true) await this.#takeUp(orderId);
    }
    for (const book of this.#books.values()) {
      for (const order of book.expired(today)) book.expire(order.orderId);
      book.retry();
    }
  }

  #isWorking(): boolean {
    return this.#held?.lost.aborted === false && !this.#isStopped;
  }

  async #acquireLease(): Promise<void> {
    const { lease, broadcast } = this.#deps;
    this.#held = await lease.tryAcquire(LEASE_NAME, { ttlMs: LEASE_TTL_MS });
    if (this.#held === undefined) return;
    this.#ticks = await broadcast.subscribe(ACCEPTED_TICKS_CHANNEL, (messages) => {
      this.#hear(messages);
    });
  }

  /** An order that another process placed, or that was open when we started. */
  async #takeUp(id: OrderId): Promise<void> {
    const order = await this.#deps.loadOrder(id);
    if (order === null || !isOpen(order)) return;
    // The answer to a request that was cut short.
    if (order.pending?.type === 'CANCEL') await this.cancel(order);
    else if (order.pending?.type === 'REPLACE') {
      await this.replace(order);
      await this.#takeUp(id);
    } else await this.route(order);
  }

  async #becomeIdle(): Promise<void> {
    await this.#ticks?.close();
    this.#ticks = undefined;
    await this.settled();
    this.#books.clear();
  }

  #hear(messages: readonly BroadcastMessage[]): void {
    for (const { key, value } of messages) {
      const book = this.#books.get(key);
      if (book === undefined) continue;
      try {
        book.quote(quoteOf(acceptedTick.parse(value, acceptedTick.version)));
      } catch (error) {
        this.#deps.logger.warn({ err: error, symbol: key }, 'a tick could not be read');
      }
    }
  }

  #take(order: Order): void {
    if (!this.#isWorking() || !isOpen(order)) return;
    let book = this.#books.get(order.symbol);
    if (book === undefined) {
      book = new SymbolBook(order.symbol, {
        liveQuote: this.#deps.liveQuote,
        report: this.#deps.report,
        logger: this.#deps.logger,
        onDroppedQuotes: this.#deps.onDroppedQuotes,
        clock: this.#deps.clock,
      });
      this.#books.set(order.symbol, book);
    }
    book.add(order);
  }

  #update(result: RecordReportResult): void {
    if (result.placed === null) return;
    const { order } = result.placed;
    this.#books.get(order.symbol)?.update(order);
  }
}
