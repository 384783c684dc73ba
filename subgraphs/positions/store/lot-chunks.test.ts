import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { amount, quantity } from '#kernel/money';
import { TODAY } from '../domain/position-test-support.ts';
import { openedLot, type TaxLot } from '../domain/tax-lot.ts';
import {
  chunkChanges,
  type LotChunks,
  LOTS_PER_CHUNK,
  lotsInOrder,
  MAX_LOTS_IN_SNAPSHOT,
  MIN_LOTS_IN_CHUNKS,
} from './lot-chunks.ts';

const lot = (serial: number, daysAgo = 0): TaxLot =>
  openedLot({
    lotId: `L${serial}`,
    serial,
    openDate: addDays(TODAY, -daysAgo),
    quantity: quantity(decimal('10')),
    costBasis: amount(decimal('100')),
  });
const lots = (count: number, from = 0): readonly TaxLot[] =>
  Array.from({ length: count }, (_, index) => lot(from + index));

function at(from: readonly TaxLot[], index: number): TaxLot {
  const found = from[index];
  if (found === undefined) throw new Error(`expected a lot at ${index}`);
  return found;
}

/** What the tables hold, kept by applying what is said to have changed. */
function createStore() {
  let held: readonly TaxLot[] = [];
  let chunks: LotChunks | null = null;
  const rows = new Map<number, readonly TaxLot[]>();
  return {
    rows,
    become(after: readonly TaxLot[]) {
      const changes = chunkChanges(chunks, held, after);
      for (const [chunk, inIt] of changes.changed) {
        if (inIt.length === 0) rows.delete(chunk);
        else rows.set(chunk, inIt);
      }
      held = after;
      chunks = changes.chunks();
      return changes.changed;
    },
    read: () => (chunks === null ? held : lotsInOrder(rows.values())),
    isChunked: () => chunks !== null,
    /** What is in memory is what is in the tables. */
    agrees: () => chunks === null || chunks.size === rows.size,
  };
}

describe('lots in chunks', () => {
  test('begin beyond 32 lots and end at 16', () => {
    const store = createStore();
    store.become(lots(MAX_LOTS_IN_SNAPSHOT));
    expect(store.isChunked()).toBe(false);
    store.become(lots(MAX_LOTS_IN_SNAPSHOT + 1));
    expect([...store.rows.keys()]).toEqual([0, 1]);
    store.become(lots(MIN_LOTS_IN_CHUNKS + 1));
    expect([...store.rows.keys()]).toEqual([0]);
    store.become(lots(MIN_LOTS_IN_CHUNKS));
    expect(store.isChunked()).toBe(false);
    expect(store.rows.size).toBe(0);
  });

  test('write the chunk of a new lot, and that of a lot that was sold, and no other', () => {
    const store = createStore();
    const before = lots(1_000);
    store.become(before);
    const bought = [...before, lot(1_000)];
    expect([...store.become(bought).keys()]).toEqual([Math.floor(1_000 / LOTS_PER_CHUNK)]);
    const [oldest, ...others] = bought;
    expect([...store.become(others).keys()]).toEqual([0]);
    const part = { ...at(others, 500), quantity: quantity(decimal('3')) };
    const sold = others.with(500, part);
    expect([...store.become(sold).values()].flat()).toContain(part);
    expect(store.read()).toEqual(sold);
    expect(oldest?.serial).toBe(0);
  });

  test('are gone when their last lot is', () => {
    const store = createStore();
    store.become(lots(100));
    expect(store.become(lots(68, 32)).get(0)).toEqual([]);
    expect(store.rows.has(0)).toBe(false);
  });

  test('keep the parts of a lot in their order', () => {
    const store = createStore();
    const before = lots(40);
    store.become(before);
    const whole = at(before, 20);
    const part = (name: string): TaxLot => ({ ...whole, lotId: name, parentLotId: whole.lotId });
    const once = before.toSpliced(21, 0, part('L20~1'));
    store.become(once);
    expect(store.read()).toEqual(once);
    // The younger part comes right behind the rest of its lot.
    const twice = once.toSpliced(20, 1, { ...whole }, part('L20~2'));
    store.become(twice);
    expect(store.read()).toEqual(twice);
    const without = twice.toSpliced(20, 1);
    store.become(without);
    expect(store.read()).toEqual(without);
  });

  test('hold the lots of the position after any changes', () => {
    const change = fc.record({
      what: fc.constantFrom('buy', 'late', 'sell', 'part', 'replace'),
      where: fc.nat(1_000),
      many: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const store = createStore();
        let now = lots(50);
        let serial = 50;
        store.become(now);
        for (const { what, where, many } of changes) {
          const index = now.length === 0 ? 0 : where % now.length;
          if (what === 'buy') for (let n = 0; n < many; n += 1) now = [...now, lot(serial++)];
          if (what === 'late') now = [...now, lot(serial++, 1 + (where % 5))].sort(byOpening);
          if (what === 'sell') now = now.toSpliced(index, many);
          if (what === 'part' && now.length > 0) now = now.with(index, { ...at(now, index) });
          if (what === 'replace') now = now.map((each) => ({ ...each }));
          store.become(now);
          expect(store.read()).toEqual(now);
          expect(store.agrees()).toBe(true);
        }
      }),
    );
  });
});

const byOpening = (a: TaxLot, b: TaxLot): number =>
  a.openDate === b.openDate ? a.serial - b.serial : a.openDate < b.openDate ? -1 : 1;
