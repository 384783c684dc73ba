/** The places a fetch is about, reached by a path such as `orders.@.instrument`. */

import { isReference, ownValue } from './own-value.ts';

export type ResponsePath = readonly (string | number)[];

/** Any list there is flattened: all places of the path, one after the other. */
export function valuesAt(value: unknown, path: ResponsePath, from = 0): unknown {
  if (from === path.length || value === undefined || value === null) return value;
  const step = path[from];
  if (step === '@') {
    if (!Array.isArray(value)) throw new TypeError(`expected a list at ${path.join('.')}`);
    return value.flatMap((item: unknown) => valuesAt(item, path, from + 1));
  }
  if (typeof step !== 'string') throw new TypeError(`unexpected step ${String(step)} of a path`);
  if (Array.isArray(value)) throw new TypeError(`unexpected list at ${path.join('.')}`);
  return isReference(value) ? valuesAt(ownValue(value, step), path, from + 1) : undefined;
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
