/**
 * Has one vendor list what it is to list, amend what changed and give up what it is to have no
 * longer. One vendor never waits for another.
 *
 * Each basket has a cell. NEW: its aim (goal and content) was set, nothing was asked for it yet.
 * ASKING: a request is on its way. POLLING: the vendor took it, or is asked what it has. WAITING:
 * it did not answer; NEW again after a backoff. DONE: the vendor has, or has not, what is wanted,
 * or said its last word. A new aim makes the cell NEW from anywhere. Requests are idempotent, so a
 * process that knows nothing but the stored standing repeats what the one before it asked.
 */

import type { Backoff } from '#platform/backoff';
import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { VendorStatus } from '../domain/basket.ts';
import type { IndexCalendar } from '../domain/basket-command.ts';
import { goalOf, type VendorGoal, type VendorStanding } from '../domain/vendor-standing.ts';
import { type ListingState, MAX_CODES_PER_STATUS, type Vendor } from '../domain/vendor.ts';
import type { VendorReport } from '../use-cases/report-vendor-status.ts';

export interface ListingVendorDeps {
  readonly vendor: Pick<Vendor, 'name' | 'listing'>;
  /** Puts on record what the vendor said. */
  readonly report: (basketId: string, report: VendorReport) => Promise<void>;
  readonly calendar: IndexCalendar;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly backoff: (attempt: number, limits: Backoff) => number;
  readonly logger: Logger;
}

interface Cell {
  standing: VendorStanding;
  status: VendorStatus;
  vendorId: string | null;
  goal: VendorGoal;
  /** Of the definition that is to be listed. */
  hash: string;
  phase: 'NEW' | 'ASKING' | 'POLLING' | 'WAITING' | 'DONE';
  /** The vendor took a request for this aim. */
  askedAtMs: number | null;
  failures: number;
  retryAtMs: number;
}

const POLL_MS = 100;
/** A vendor that takes longer is asked less often. */
const SLOW_POLL_MS = 1_000;
const SLOW_AFTER_MS = 5_000;
/** A request whose effect does not show is repeated. */
const ASK_AGAIN_AFTER_MS = 30_000;
/** What is due by the clock, such as the end of a last day, is seen so late at most. */
const IDLE_MS = 1_000;
const RETRY: Backoff = { firstMs: 1_000, maxMs: 15_000 };

export class ListingVendor {
  readonly #deps: ListingVendorDeps;
  readonly #cells = new Map<string, Cell>();
  #alarm = new AbortController();
  #polledAtMs = 0;

  constructor(deps: ListingVendorDeps) {
    this.#deps = deps;
  }

  see(standing: VendorStanding): void {
    const { basketId } = standing;
    const row = standing.vendors.find((each) => each.vendor === this.#deps.vendor.name);
    if (!row) return void this.#cells.delete(basketId);
    const { status, vendorId } = row;
    const cell = this.#cells.get(basketId);
    if (cell) Object.assign(cell, { standing, status, vendorId });
    else this.#cells.set(basketId, { standing, status, vendorId, ...UNTOUCHED });
    this.#alarm.abort();
  }

  /** The vendor refused its price: it is asked whether it has the basket at all. */
  doubt(code: string): void {
    for (const cell of this.#cells.values()) {
      if (cell.standing.code !== code || cell.phase !== 'DONE') continue;
      Object.assign(cell, { phase: 'NEW', askedAtMs: null });
      this.#alarm.abort();
    }
  }

  #aim(cell: Cell, nowMs: number): void {
    const { standing, status } = cell;
    const goal = goalOf(standing, { status }, { nowMs, calendar: this.#deps.calendar });
    const hash = standing.definition.versionHash;
    const isOnRecord = goal !== 'LISTED' || status !== 'NOT_SENT';
    if (!isOnRecord || (goal === cell.goal && hash === cell.hash)) return;
    Object.assign(cell, UNTOUCHED, { goal, hash });
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#alarm = new AbortController();
      const nowMs = this.#deps.clock.nowMs();
      for (const cell of this.#cells.values()) {
        this.#aim(cell, nowMs);
        if (cell.phase === 'WAITING' && cell.retryAtMs <= nowMs) cell.phase = 'NEW';
        if (cell.phase === 'NEW') this.#begin(cell);
      }
      await this.#pollAll();
      await this.#deps.pause(this.#sleepMs(), AbortSignal.any([signal, this.#alarm.signal]));
    }
  }

  #sleepMs(): number {
    const asked = [...this.#cells.values()].filter(({ phase }) => phase === 'POLLING');
    if (asked.length === 0) return IDLE_MS;
    const isFresh = asked.some((cell) => this.#sinceAsked(cell) < SLOW_AFTER_MS);
    return isFresh ? POLL_MS : SLOW_POLL_MS;
  }

  #begin(cell: Cell): void {
    switch (cell.goal) {
      case 'NONE':
        cell.phase = 'DONE';
        return;
      case 'OFF':
        return void this.#ask(cell, 'withdraw');
      case 'LISTED':
        if (cell.status === 'LISTED') cell.phase = 'POLLING';
        else void this.#ask(cell, 'submit');
    }
  }

  /** Never rejects. */
  async #ask(cell: Cell, what: 'submit' | 'amend' | 'withdraw'): Promise<void> {
    const { goal, hash } = cell;
    const { code, definition } = cell.standing;
    cell.phase = 'ASKING';
    const answer = await (what === 'withdraw'
      ? this.#deps.vendor.listing.withdraw(code)
      : this.#deps.vendor.listing[what](definition));
    if (cell.goal !== goal || cell.hash !== hash) return;
    switch (answer.kind) {
      case 'ACCEPTED':
        Object.assign(cell, { phase: 'POLLING', askedAtMs: this.#deps.clock.nowMs() });
        this.#alarm.abort();
        return;
      case 'REJECTED':
        return this.#refused(cell, `${answer.code} ${answer.text}`);
      case 'UNAVAILABLE':
        // The end of this process is not the vendor's failure.
        if (answer.why !== 'STOPPED') await this.#unavailable(cell, `${answer.why} ${answer.text}`);
    }
  }

  async #refused(cell: Cell, reason: string): Promise<void> {
    const { logger, vendor } = this.#deps;
    const { code } = cell.standing;
    logger.error({ vendor: vendor.name, code, reason, goal: cell.goal }, 'a vendor refused');
    // What it has after all is for it to say.
    if (cell.goal === 'OFF') return this.#retryLater(cell, 'POLLING');
    const isKept = cell.status === 'LISTED';
    await this.#settle(cell, { status: isKept ? 'LISTED' : 'REJECTED', reason });
  }

  async #unavailable(cell: Cell, reason: string): Promise<void> {
    const isNews = cell.goal === 'LISTED' && cell.status !== 'LISTED';
    this.#retryLater(cell, 'WAITING');
    if (isNews) await this.#report(cell, { status: 'FAILED', reason });
  }

  #retryLater(cell: Cell, phase: 'WAITING' | 'POLLING'): void {
    cell.failures += 1;
    cell.phase = phase;
    cell.retryAtMs = this.#deps.clock.nowMs() + this.#deps.backoff(cell.failures, RETRY);
  }

  async #pollAll(): Promise<void> {
    if (this.#deps.clock.nowMs() - this.#polledAtMs < POLL_MS) return;
    this.#polledAtMs = this.#deps.clock.nowMs();
    const open = [...this.#cells.values()].filter(
      ({ phase, retryAtMs }) => phase === 'POLLING' && retryAtMs <= this.#deps.clock.nowMs(),
    );
    for (let at = 0; at < open.length; at += MAX_CODES_PER_STATUS) {
      const batch = open.slice(at, at + MAX_CODES_PER_STATUS);
      const answer = await this.#deps.vendor.listing.status(
        batch.map(({ standing }) => standing.code),
      );
      for (const cell of batch) {
        if (cell.phase !== 'POLLING') continue;
        const state = answer.kind === 'STATES' ? answer.byCode.get(cell.standing.code) : undefined;
        if (state) void this.#take(cell, state);
        else this.#retryLater(cell, 'POLLING');
      }
    }
  }

  #take(cell: Cell, state: ListingState): Promise<void> | undefined {
    cell.failures = 0;
    if (cell.goal === 'OFF') return this.#takeOff(cell, state);
    switch (state.kind) {
      case 'LISTED': {
        if (state.versionHash !== cell.hash) return this.#askUnlessAsked(cell, 'amend');
        return this.#settle(cell, { status: 'LISTED', vendorId: state.vendorId, reason: null });
      }
      case 'PENDING':
        return cell.askedAtMs === null ? undefined : this.#pending(cell);
      case 'REJECTED':
        if (cell.askedAtMs === null) return this.#ask(cell, 'submit');
        return this.#refused(cell, `${state.code} ${state.text}`);
      case 'DELISTED':
      case 'UNKNOWN':
        return this.#askUnlessAsked(cell, 'submit');
    }
  }

  #takeOff(cell: Cell, state: ListingState): Promise<void> | undefined {
    if (state.kind === 'LISTED' || state.kind === 'PENDING')
      return this.#askUnlessAsked(cell, 'withdraw');
    return this.#settle(cell, { status: 'DELISTED', reason: null });
  }

  #askUnlessAsked(cell: Cell, what: 'submit' | 'amend' | 'withdraw'): Promise<void> | undefined {
    return this.#sinceAsked(cell) < ASK_AGAIN_AFTER_MS ? undefined : this.#ask(cell, what);
  }

  /** For ever when it was not. */
  #sinceAsked({ askedAtMs }: Cell): number {
    return askedAtMs === null ? Number.POSITIVE_INFINITY : this.#deps.clock.nowMs() - askedAtMs;
  }

  /** Worth a word once it takes longer than an eye blinks. */
  async #pending(cell: Cell): Promise<void> {
    if (cell.status !== 'SENT' || this.#sinceAsked(cell) < SLOW_POLL_MS) return;
    cell.status = 'ACKED';
    await this.#report(cell, { status: 'ACKED', reason: null });
  }

  async #settle(cell: Cell, said: Said): Promise<void> {
    const { status, vendorId = null } = said;
    cell.phase = 'DONE';
    const isKnown = status === cell.status && said.reason === null && vendorId === cell.vendorId;
    if (!isKnown) await this.#report(cell, said);
  }

  async #report(cell: Cell, said: Said): Promise<void> {
    const { basketId, code } = cell.standing;
    const { name: vendor } = this.#deps.vendor;
    try {
      await this.#deps.report(basketId, { code, vendor, ...said });
    } catch (error) {
      this.#deps.logger.error({ err: error, code, vendor }, 'a listing was not put on record');
      this.#retryLater(cell, 'WAITING');
    }
  }
}

type Said = Required<Pick<VendorReport, 'status' | 'reason'>> & Pick<VendorReport, 'vendorId'>;

const UNTOUCHED = {
  goal: 'NONE',
  hash: '',
  phase: 'NEW',
  askedAtMs: null,
  failures: 0,
  retryAtMs: 0,
} as const satisfies Partial<Cell>;
