/** Instants in tables: `timestamptz` there, epoch milliseconds here. */

import { customType } from 'drizzle-orm/pg-core';

export const instantColumn = customType<{ data: number; driverData: string }>({
  dataType: () => 'timestamptz',
  toDriver: instantText,
  fromDriver: instantOf,
});

export function instantText(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** Reads what Postgres writes, such as `2026-11-20 14:30:00.123456+00`; cuts below milliseconds. */
export function instantOf(text: string): number {
  const epochMs = Date.parse(text.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00'));
  if (Number.isNaN(epochMs)) throw new RangeError(`expected an instant, was "${text}"`);
  return epochMs;
}
