/**
 * Has one vendor list what it is to list, amend what changed and give up what it is to have no
 * longer. One vendor never waits for another.
 *
 * Each basket has a cell. NEW: its aim (goal and content) was set, nothing was asked for it yet.
 * ASKING: a request is on its way. POLLING: the vendor took it, or is asked what it has. WAITING:
 * it did not answer; NEW again after a backoff. DONE: the vendor has, or has not, what is wanted,
 * or
 * said its last word. A new aim makes the cell NEW from anywhere. Requests are idempotent, so a
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
  readonly report: (report: VendorReport) => Promise<void>;
  readonly calendar: IndexCalendar;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly backoff: (attempt: number, limits: Backoff) => number;
  readonly logger: Logger;
}

export interface ListingVendor {
  see(standing: VendorStanding): void;
  /** The vendor refused its price: it is asked whether it has the basket at all. */
  doubt(code: string): void;
  /** Until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
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

export function createListingVendor(deps: ListingVendorDeps): ListingVendor {
  const { calendar, clock, logger, pause, vendor } = deps;
  const cells = new Map<string, Cell>();
  let alarm = new AbortController();
  let polledAtMs = 0;

  function see(standing: VendorStanding): void {
    const { basketId } = standing;
    const row = standing.vendors.find((each) => each.vendor === vendor.name);
    if (!row) return void cells.delete(basketId);
    const { status, vendorId } = row;
    const cell = cells.get(basketId);
    if (cell) Object.assign(cell, { standing, status, vendorId });
    else cells.set(basketId, { standing, status, vendorId, ...UNTOUCHED });
    alarm.abort();
  }

  function doubt(code: string): void {
    for (const cell of cells.values()) {
      if (cell.standing.code !== code || cell.phase !== 'DONE') continue;
      cell.phase = 'NEW';
      alarm.abort();
    }
  }

  function aim(cell: Cell, nowMs: number): void {
    const { standing, status } = cell;
    const goal = goalOf(standing, { status }, { nowMs, calendar });
    const hash = standing.definition.versionHash;
    const isOnRecord = goal !== 'LISTED' || status !== 'NOT_SENT';
    if (!isOnRecord || (goal === cell.goal && hash === cell.hash)) return;
    Object.assign(cell, UNTOUCHED, { goal, hash });
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      alarm = new AbortController();
      const nowMs = clock.nowMs();
      for (const cell of cells.values()) {
        aim(cell, nowMs);
        if (cell.phase === 'WAITING' && cell.retryAtMs <= nowMs) cell.phase = 'NEW';
        if (cell.phase === 'NEW') begin(cell);
      }
      await pollAll();
      await pause(sleepMs(), AbortSignal.any([signal, alarm.signal]));
    }
  }

  function sleepMs(): number {
    const asked = [...cells.values()].filter(({ phase }) => phase === 'POLLING');
    if (asked.length === 0) return IDLE_MS;
    const isFresh = asked.some(({ askedAtMs }) => clock.nowMs() - (askedAtMs ?? 0) < SLOW_AFTER_MS);
    return isFresh ? POLL_MS : SLOW_POLL_MS;
  }

  function begin(cell: Cell): void {
    switch (cell.goal) {
      case 'NONE':
        cell.phase = 'DONE';
        return;
      case 'OFF':
        return void ask(cell, 'withdraw');
      case 'LISTED':
        if (cell.status === 'LISTED') cell.phase = 'POLLING';
        else void ask(cell, 'submit');
    }
  }

  /** Never rejects. */
  async function ask(cell: Cell, what: 'submit' | 'amend' | 'withdraw'): Promise<void> {
    const { goal, hash } = cell;
    const { code, definition } = cell.standing;
    cell.phase = 'ASKING';
    const answer = await (what === 'withdraw'
      ? vendor.listing.withdraw(code)
      : vendor.listing[what](definition));
    if (cell.goal !== goal || cell.hash !== hash) return;
    switch (answer.kind) {
      case 'ACCEPTED':
        Object.assign(cell, { phase: 'POLLING', askedAtMs: clock.nowMs() });
        alarm.abort();
        return;
      case 'REJECTED':
        return refused(cell, `${answer.code} ${answer.text}`);
      case 'UNAVAILABLE':
        // The end of this process is not the vendor's failure.
        if (answer.why !== 'STOPPED') await unavailable(cell, `${answer.why} ${answer.text}`);
    }
  }

  async function refused(cell: Cell, reason: string): Promise<void> {
    const { code } = cell.standing;
    logger.error({ vendor: vendor.name, code, reason, goal: cell.goal }, 'a vendor refused');
    // What it has after all is for it to say.
    if (cell.goal === 'OFF') return retryLater(cell, 'POLLING');
    const isKept = cell.status === 'LISTED';
    await settle(cell, { status: isKept ? 'LISTED' : 'REJECTED', reason });
  }

  async function unavailable(cell: Cell, reason: string): Promise<void> {
    const isNews = cell.goal === 'LISTED' && cell.status !== 'LISTED';
    retryLater(cell, 'WAITING');
    if (isNews) await report(cell, { status: 'FAILED', reason });
  }

  function retryLater(cell: Cell, phase: 'WAITING' | 'POLLING'): void {
    cell.failures += 1;
    cell.phase = phase;
    cell.retryAtMs = clock.nowMs() + deps.backoff(cell.failures, RETRY);
  }

  async function pollAll(): Promise<void> {
    if (clock.nowMs() - polledAtMs < POLL_MS) return;
    polledAtMs = clock.nowMs();
    const open = [...cells.values()].filter(
      ({ phase, retryAtMs }) => phase === 'POLLING' && retryAtMs <= clock.nowMs(),
    );
    for (let at = 0; at < open.length; at += MAX_CODES_PER_STATUS) {
      const batch = open.slice(at, at + MAX_CODES_PER_STATUS);
      const answer = await vendor.listing.status(batch.map(({ standing }) => standing.code));
      for (const cell of batch) {
        if (cell.phase !== 'POLLING') continue;
        const state = answer.kind === 'STATES' ? answer.byCode.get(cell.standing.code) : undefined;
        if (state) void take(cell, state);
        else retryLater(cell, 'POLLING');
      }
    }
  }

  function take(cell: Cell, state: ListingState): Promise<void> | undefined {
    cell.failures = 0;
    if (cell.goal === 'OFF') return takeOff(cell, state);
    switch (state.kind) {
      case 'LISTED': {
        if (state.versionHash !== cell.hash) return askUnlessAsked(cell, 'amend');
        return settle(cell, { status: 'LISTED', vendorId: state.vendorId, reason: null });
      }
      case 'PENDING':
        return cell.askedAtMs === null ? undefined : pending(cell);
      case 'REJECTED':
        if (cell.askedAtMs === null) return ask(cell, 'submit');
        return refused(cell, `${state.code} ${state.text}`);
      case 'DELISTED':
      case 'UNKNOWN':
        return askUnlessAsked(cell, 'submit');
    }
  }

  function takeOff(cell: Cell, state: ListingState): Promise<void> | undefined {
    if (state.kind === 'LISTED' || state.kind === 'PENDING')
      return askUnlessAsked(cell, 'withdraw');
    return settle(cell, { status: 'DELISTED', reason: null });
  }

  function askUnlessAsked(
    cell: Cell,
    what: 'submit' | 'amend' | 'withdraw',
  ): Promise<void> | undefined {
    const isAsked = cell.askedAtMs !== null && clock.nowMs() - cell.askedAtMs < ASK_AGAIN_AFTER_MS;
    return isAsked ? undefined : ask(cell, what);
  }

  /** Worth a word once it takes longer than an eye blinks. */
  async function pending(cell: Cell): Promise<void> {
    if (cell.status !== 'SENT' || clock.nowMs() - (cell.askedAtMs ?? 0) < SLOW_POLL_MS) return;
    cell.status = 'ACKED';
    await report(cell, { status: 'ACKED', reason: null });
  }

  async function settle(cell: Cell, said: Said): Promise<void> {
    const { status, vendorId = null } = said;
    cell.phase = 'DONE';
    const isKnown = status === cell.status && said.reason === null && vendorId === cell.vendorId;
    if (!isKnown) await report(cell, said);
  }

  async function report(cell: Cell, said: Said): Promise<void> {
    const { code } = cell.standing;
    try {
      await deps.report({ code, vendor: vendor.name, ...said });
    } catch (error) {
      logger.error({ err: error, code, vendor: vendor.name }, 'a listing was not put on record');
      retryLater(cell, 'WAITING');
    }
  }

  return { see, doubt, run };
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
