import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays } from '#kernel/business-date';
import { canStartFrom, foldAsOf } from './fold.ts';
import { KINDS, type Kind, methods, play, played, steps } from './history-stream-test-support.ts';
import { correct, type History } from './history-test-support.ts';
import { figuresOf, initialPosition, type Position } from './position.ts';
import type { PositionEvent } from './position-event.ts';
import { catchUp, recalculate } from './recalculation.ts';
import { type HistoryEvent, knownAt, settledVersions } from './timeline.ts';
import { cashOf, signedQuantity } from './trade-allocation.ts';

const RUNS = { numRuns: 150 };
const without = (...left: readonly Kind[]): readonly Kind[] =>
  KINDS.filter((kind) => !left.includes(kind));
/** The second: mostly on time, so that much may follow a checkpoint or a recalculation. */
const mixes = fc.constantFrom(
  KINDS,
  without('late', 'bust', 'amend', 'reset', 'action', 'method', 'receive'),
);
const sum = (values: readonly bigint[]): bigint => values.reduce((total, each) => total + each, 0n);

/** Every state that was published: in between, a decision is not complete. */
function publishedOf({ known, published, decidedAt }: History) {
  return decidedAt.map((version) => {
    const position = published[version - 1];
    if (position === undefined) throw new Error(`no position was published at ${version}`);
    return { position, known: known.slice(0, version) };
  });
}

describe('over random histories of every kind of event, by every relief method', () => {
  test('the fold as known after each decision is what was published then', () => {
    fc.assert(
      fc.property(steps, methods, fc.boolean(), (stream, method, hasWashSales) => {
        for (const { position, known } of publishedOf(played(stream, { method, hasWashSales }))) {
          expect(foldAsOf(known)).toEqual(position);
        }
      }),
      RUNS,
    );
  });

  test('parts of a lot split by a wash sale are relieved as published, whatever their cost', () => {
    const step = { what: 0, units: 100_000_000n, fees: 0n, daysOff: 0, which: 0, clock: 0 };
    const stream = [
      { ...step, side: 'BUY', units: 200_000_000n, unitPrice: 100_000_000n },
      { ...step, side: 'BUY', unitPrice: 1n },
      { ...step, side: 'SELL', unitPrice: 1n, fees: 1n, which: 1 },
      { ...step, what: 80, side: 'BUY', units: 1n, unitPrice: 100_000_000n },
      { ...step, side: 'SELL', unitPrice: 1n, which: 1 },
    ] as const;
    const published = publishedOf(played(stream, { method: 'LOFO', hasWashSales: true }));
    expect(published.at(-1)?.position.lots[0]?.lotId).toContain('~');
    for (const { position, known } of published) expect(foldAsOf(known)).toEqual(position);
  });

  test('the same in a long-only contract, where corrections are refused', () => {
    fc.assert(
      fc.property(steps, methods, (stream, method) => {
        for (const { position, known } of publishedOf(
          played(stream, { method, isLongOnly: true }),
        )) {
          expect(foldAsOf(known)).toEqual(position);
        }
      }),
      RUNS,
    );
  });

  test('lots are in order, of one side, and sum to the figures', () => {
    fc.assert(
      fc.property(steps, methods, fc.boolean(), (stream, method, hasWashSales) => {
        for (const { position } of publishedOf(played(stream, { method, hasWashSales }))) {
          const { lots, quantity: units, costBasis, nextLotSerial } = position;
          expect(sum(lots.map((lot) => lot.quantity))).toBe(units);
          expect(sum(lots.map((lot) => lot.costBasis))).toBe(costBasis);
          expect(lots.every((lot) => lot.quantity !== 0n && lot.quantity < 0n === units < 0n)).toBe(
            true,
          );
          expect(lots).toEqual([...lots].sort(byOpening));
          expect(new Set(lots.map(({ lotId }) => lotId)).size).toBe(lots.length);
          expect(lots.every(({ serial }) => serial < nextLotSerial)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test('realized P&L = cash of all trades + open basis + settled resets still open', () => {
    fc.assert(
      fc.property(steps, methods, fc.boolean(), (stream, method, hasWashSales) => {
        const book = { method, hasWashSales, kinds: without('action') };
        for (const { position, known } of publishedOf(played(stream, book))) {
          const settledResets = sum(position.lots.map((lot) => lot.settledResets));
          expect(position.realizedPnl).toBe(
            sum(inForce(known).map(cashIn)) + position.costBasis + settledResets,
          );
        }
      }),
      RUNS,
    );
  });

  test('open units = bought - sold + received, by what is known of every trade', () => {
    fc.assert(
      fc.property(steps, methods, (stream, method) => {
        const book = { method, kinds: without('action') };
        for (const { position, known } of publishedOf(played(stream, book))) {
          expect(position.quantity).toBe(sum(inForce(known).map(unitsIn)));
        }
      }),
      RUNS,
    );
  });

  test('gains last published for the events sum to the realized P&L after each correction', () => {
    fc.assert(
      fc.property(steps, methods, fc.boolean(), (stream, method, hasWashSales) => {
        for (const { position, known } of publishedOf(played(stream, { method, hasWashSales }))) {
          const gains = new Map<number, bigint>();
          for (const { event, version } of known) countGains(gains, event, version);
          expect(sum([...gains.values()])).toBe(position.realizedPnl);
        }
      }),
      RUNS,
    );
  });

  test('a correction names what was published before its late events and before itself', () => {
    fc.assert(
      fc.property(steps, methods, fc.boolean(), (stream, method, hasWashSales) => {
        const { known, published } = played(stream, { method, hasWashSales });
        for (const { event, version } of known) {
          if (event.type !== 'HISTORICAL_POSITION_CORRECTED') continue;
          const [first = 0] = event.settles;
          const at = (index: number) => figuresOf(published[index - 1] ?? initialPosition);
          expect(event.beforeTrade).toEqual(at(first - 1));
          expect(event.beforeCorrection).toEqual(at(version - 1));
          expect(event.after).toEqual(at(version));
        }
      }),
      RUNS,
    );
  });

  test('an answer for a past day as known at a past instant never changes', () => {
    fc.assert(
      fc.property(steps, steps, methods, fc.nat(20), (past, later, method, daysAgo) => {
        const history = played(past, { method });
        const effectiveAt = addDays(history.today, -daysAgo);
        const knownAtMs = history.nowMs - 1;
        const answer = () => foldAsOf(knownAt(history.known, knownAtMs), { effectiveAt });
        const before = answer();
        play(history, later, KINDS, past.length);
        correct(history);
        expect(answer()).toEqual(before);
      }),
      RUNS,
    );
  });

  test('a fold may start from a checkpoint whenever the tail leaves it alone', () => {
    let started = 0;
    fc.assert(
      fc.property(steps, methods, mixes, fc.nat(16), (stream, method, kinds, daysAgo) => {
        const history = played(stream, { method, kinds });
        const effectiveAt = daysAgo > 8 ? null : addDays(history.today, -daysAgo);
        const full = foldAsOf(history.known, { effectiveAt });
        for (const { position } of publishedOf(history)) {
          const tail = history.known.slice(position.version);
          if (!canStartFrom(position, tail, effectiveAt)) continue;
          started += 1;
          expect(foldAsOf(tail, { from: position, effectiveAt })).toEqual({
            ...full,
            statusReason: expect.toSatisfy(() => true),
          });
        }
      }),
      RUNS,
    );
    expect(started).toBeGreaterThan(RUNS.numRuns);
  });

  test('a recalculation that catches up with the tail is the recalculation of the whole', () => {
    let caughtUp = 0;
    fc.assert(
      fc.property(steps, steps, methods, fc.boolean(), (stream, later, method, isLongOnly) => {
        const history = played(stream, { method, isLongOnly, kinds: without('correct') });
        const base = recalculate(history.known, { isLongOnly });
        const baseLength = history.known.length;
        play(history, later, ['trade', 'forward', 'roll'], stream.length);
        if (base.type !== 'RECALCULATED') return;
        const tail = history.known.slice(baseLength);
        const result = catchUp(base.recalculated, tail, { isLongOnly });
        if (result === 'RESTART') return;
        caughtUp += 1;
        expect(recalculate(history.known, { isLongOnly })).toEqual({
          type: 'RECALCULATED',
          recalculated: result,
        });
      }),
      RUNS,
    );
    expect(caughtUp).toBeGreaterThan(RUNS.numRuns / 5);
  });
});

function byOpening(a: Position['lots'][number], b: Position['lots'][number]): number {
  return a.openDate === b.openDate ? a.serial - b.serial : a.openDate < b.openDate ? -1 : 1;
}

/** Without receipts that others have replaced, and without those until they are settled. */
function inForce(known: readonly HistoryEvent[]): readonly PositionEvent[] {
  const settled = settledVersions(known);
  const latest = new Map<number, number>();
  for (const { event, version } of known) {
    if (event.type !== 'LOTS_RECEIVED') continue;
    if (event.replaces === null) latest.set(version, version);
    else if (settled.has(version)) latest.set(event.replaces, version);
  }
  const receipts = new Set(latest.values());
  return known.flatMap(({ event, version }) =>
    event.type !== 'LOTS_RECEIVED' || receipts.has(version) ? [event] : [],
  );
}

/** Cash that an event has moved, the basis of received lots as if it had been paid. */
function cashIn(event: PositionEvent): bigint {
  switch (event.type) {
    case 'TRADE_APPLIED':
    case 'PROVISIONAL_TRADE_APPLIED':
    case 'FORWARD_TRADE_EFFECTIVE':
      return cashOf(event.trade);
    case 'TRADE_BUSTED':
      return event.late === null ? 0n : -cashOf(event.trade);
    case 'TRADE_AMENDED':
      return event.late === null ? 0n : cashOf(event.newTrade) - cashOf(event.oldTrade);
    case 'LOTS_RECEIVED':
      return -sum(event.lots.map((lot) => lot.costBasis + lot.settledResets));
    case 'FORWARD_TRADE_BOOKED':
    case 'PRICE_RESET':
    case 'CORPORATE_ACTION_APPLIED':
    case 'WASH_SALE_ADJUSTED':
    case 'LOT_METHOD_CHANGED':
    case 'LOT_RELIEF_ELECTED':
    case 'HISTORICAL_POSITION_CORRECTED':
    case 'CONTRACT_GENERATED':
    case 'CORRECTION_REFUSED':
      return 0n;
  }
}

function unitsIn(event: PositionEvent): bigint {
  switch (event.type) {
    case 'TRADE_APPLIED':
    case 'PROVISIONAL_TRADE_APPLIED':
    case 'FORWARD_TRADE_EFFECTIVE':
      return signedQuantity(event.trade);
    case 'TRADE_BUSTED':
      return event.late === null ? 0n : -signedQuantity(event.trade);
    case 'TRADE_AMENDED':
      return event.late === null
        ? 0n
        : signedQuantity(event.newTrade) - signedQuantity(event.oldTrade);
    case 'LOTS_RECEIVED':
      return sum(event.lots.map((lot) => lot.quantity));
    case 'FORWARD_TRADE_BOOKED':
    case 'PRICE_RESET':
    case 'CORPORATE_ACTION_APPLIED':
    case 'WASH_SALE_ADJUSTED':
    case 'LOT_METHOD_CHANGED':
    case 'LOT_RELIEF_ELECTED':
    case 'HISTORICAL_POSITION_CORRECTED':
    case 'CONTRACT_GENERATED':
    case 'CORRECTION_REFUSED':
      return 0n;
  }
}

function countGains(gains: Map<number, bigint>, event: PositionEvent, version: number): void {
  if (event.type === 'HISTORICAL_POSITION_CORRECTED') {
    for (const { version: restated, before, after } of event.restatements) {
      // Only the difference counts: a wrong `before` leaves a wrong sum.
      gains.set(restated, (gains.get(restated) ?? 0n) - before + after);
    }
  } else if (event.type === 'WASH_SALE_ADJUSTED') {
    const cause = event.causedByVersion;
    gains.set(cause, (gains.get(cause) ?? 0n) + event.disallowed);
  } else if (event.type === 'PRICE_RESET') {
    gains.set(version, event.settlement);
  } else if (event.type === 'TRADE_BUSTED') {
    gains.set(version, event.estimate?.realizedPnl ?? 0n);
  } else if (event.type === 'TRADE_AMENDED') {
    gains.set(version, sum(event.estimates.map((each) => each.realizedPnl)));
  } else if ('realizedPnl' in event) {
    gains.set(version, event.realizedPnl);
  }
}
