/** Postgres array literals, for `unnest(${literal}::text::bigint[])`. */

import { instantText } from '#platform/instant-column';

export function bigints(values: readonly (bigint | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/** Epoch milliseconds as timestamptz. */
export function instants(values: readonly (number | null)[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : instantText(value))).join(',')}}`;
}

const NEEDS_QUOTES = /[^A-Za-z0-9_:.-]/;

export function texts(values: readonly (string | null)[]): string {
  return `{${values.map(element).join(',')}}`;
}

function element(value: string | null): string {
  if (value === null) return 'NULL';
  if (value !== '' && !NEEDS_QUOTES.test(value) && value.toUpperCase() !== 'NULL') return value;
  return `"${value.replace(/[\\"]/g, (character) => `\\${character}`)}"`;
}
