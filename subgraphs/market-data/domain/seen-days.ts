/** Remembers which days of which series a file has had, in one bit a day. */

import { type BusinessDate, daysBetween } from '#kernel/business-date';
import { FIRST_DAY, LAST_DAY } from './file-cell.ts';

/** Nine kilobytes each: bounds the memory of a file with ever new names. */
export const MAX_SERIES_PER_FILE = 20_000;

const DAYS = daysBetween(FIRST_DAY, LAST_DAY) + 1;

export class TooManySeries extends Error {
  constructor() {
    super(`expected at most ${MAX_SERIES_PER_FILE} series in one file`);
    this.name = 'TooManySeries';
  }
}

export interface SeenDays {
  /** False when this series had the day before. Throws TooManySeries beyond the limit. */
  add(series: string, date: BusinessDate): boolean;
}

export function createSeenDays(): SeenDays {
  const bitsBySeries = new Map<string, Uint8Array>();
  const dayNumbers = new Map<BusinessDate, number>();

  const dayNumberOf = (date: BusinessDate): number => {
    const known = dayNumbers.get(date);
    if (known !== undefined) return known;
    const day = daysBetween(FIRST_DAY, date);
    dayNumbers.set(date, day);
    return day;
  };

  return {
    add(series, date) {
      const day = dayNumberOf(date);
      const bits = bitsBySeries.get(series) ?? new Uint8Array(Math.ceil(DAYS / 8));
      if (!bitsBySeries.has(series)) {
        if (bitsBySeries.size >= MAX_SERIES_PER_FILE) throw new TooManySeries();
        bitsBySeries.set(series, bits);
      }
      const byte = bits[day >> 3] ?? 0;
      const bit = 1 << (day & 7);
      bits[day >> 3] = byte | bit;
      return (byte & bit) === 0;
    },
  };
}
