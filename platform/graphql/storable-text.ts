/** What text of a caller has to be before anything is done with it. */

import { PlatformError } from '../errors.ts';

const LONE_SURROGATE = /\p{Surrogate}/u;
const MAX_SHOWN_PLACE = 100;

/**
 * Throws BAD_USER_INPUT when any text within the arguments has U+0000, which Postgres has no room
 * for, or half a surrogate pair, which UTF-8 has none for. `place` names the argument.
 */
export function requireStorableText(value: unknown, place = ''): void {
  if (typeof value === 'string') return requireStorable(value, place);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    requireStorableText(part, place === '' ? name : `${place}.${name}`);
  }
}

/** False for what is no text, too. */
export function isStorableText(value: unknown): value is string {
  return typeof value === 'string' && unstorableUnitOf(value) === undefined;
}

function unstorableUnitOf(text: string): number | undefined {
  return text.includes('\u0000') ? 0 : LONE_SURROGATE.exec(text)?.[0].charCodeAt(0);
}

function requireStorable(text: string, place: string): void {
  const unit = unstorableUnitOf(text);
  if (unit === undefined) return;
  const found = `U+${unit.toString(16).toUpperCase().padStart(4, '0')}`;
  throw new PlatformError(
    'BAD_USER_INPUT',
    `${place.slice(0, MAX_SHOWN_PLACE)}: expected text without U+0000 and without halves of ` +
      `surrogate pairs, found ${found}`,
  );
}
