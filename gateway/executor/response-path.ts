/** The places a fetch is about, reached by a path such as `orders.@.instrument`. */

import { isReference, ownValue } from './own-value.ts';

export type ResponsePath = readonly (string | number)[];

/** A list of all places of the path, when it leads through lists; otherwise the only one. */
export function valuesAt(value: unknown, path: ResponsePath): unknown {
  if (!path.includes('@')) return stepsFrom(value, path, 0);
  const values: unknown[] = [];
  const found = stepsFrom(value, path, 0, values);
  return found === LISTED ? values : found;
}

const LISTED = Symbol('listed');

/** Beyond a list what is found goes to `values`: nulls as well, and the items of a last list. */
function stepsFrom(start: unknown, path: ResponsePath, from: number, values?: unknown[]): unknown {
  let value = start;
  for (let index = from; index < path.length; index += 1) {
    if (value === undefined || value === null) return value;
    const step = path[index];
    if (step === '@') {
      if (!Array.isArray(value)) throw new TypeError(`expected a list at ${path.join('.')}`);
      for (const item of value) {
        const found = stepsFrom(item, path, index + 1, values);
        if (Array.isArray(found)) for (const each of found) values?.push(each);
        else if (found !== LISTED) values?.push(found);
      }
      return LISTED;
    }
    if (typeof step !== 'string') throw new TypeError(`unexpected step ${String(step)} of a path`);
    if (Array.isArray(value)) throw new TypeError(`unexpected list at ${path.join('.')}`);
    value = isReference(value) ? ownValue(value, step) : undefined;
  }
  return value;
}

/** The same places with the indexes of their lists, for the paths of errors. */
export function placesAt(data: unknown, path: ResponsePath): readonly ResponsePath[] {
  const places: ResponsePath[] = [];
  walk(data, 0, []);
  return places;

  function walk(value: unknown, from: number, place: ResponsePath): void {
    if (value === null || value === undefined) return;
    const step = path[from];
    if (step === undefined) {
      places.push(place);
    } else if (Array.isArray(value)) {
      const next = step === '@' ? from + 1 : from;
      for (const [index, item] of value.entries()) walk(item, next, [...place, index]);
    } else if (step === '@') {
      throw new TypeError(`expected a list at ${place.join('.')}`);
    } else if (isReference(value)) {
      walk(ownValue(value, String(step)), from + 1, [...place, step]);
    }
  }
}
