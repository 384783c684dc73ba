import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDays, daysBetween } from '#kernel/business-date';
import { FIRST_DAY, LAST_DAY } from './file-cell.ts';
import { createSeenDays, MAX_SERIES_PER_FILE, TooManySeries } from './seen-days.ts';

test('a day counts as new once for each series, like in a set', () => {
  const day = fc.nat({ max: daysBetween(FIRST_DAY, LAST_DAY) });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('A', 'B'), day)), (entries) => {
      const seen = createSeenDays();
      const oracle = new Set<string>();
      for (const [series, offset] of [...entries, ...entries]) {
        const key = `${series}${offset}`;
        expect(seen.add(series, addDays(FIRST_DAY, offset))).toBe(!oracle.has(key));
        oracle.add(key);
      }
    }),
  );
});

test('a file may not name series without end', () => {
  const seen = createSeenDays();
  for (let index = 0; index < MAX_SERIES_PER_FILE; index += 1) seen.add(`S${index}`, FIRST_DAY);
  expect(() => seen.add('one more', FIRST_DAY)).toThrow(TooManySeries);
});
