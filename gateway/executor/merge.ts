/** Adds what a subgraph answered to what is there already: objects key by key, lists by place. */

import { type Fields, isObject, setOwnValue } from './own-value.ts';

export function merge(target: Fields, source: Fields): void {
  for (const key of Object.keys(source)) {
    const added = source[key];
    if (added === undefined) continue;
    const present = presentValue(target, key);
    if (present === undefined) {
      setOwnValue(target, key, added);
    } else {
      mergeInto(target, key, present, added);
    }
  }
}

function presentValue(target: Fields, key: string): unknown {
  if (key === '__proto__' && !Object.hasOwn(target, key)) return undefined;
  const value = target[key];
  // Data never holds functions: this one is inherited.
  return typeof value === 'function' ? undefined : value;
}

function mergeInto(target: Fields, key: string, present: unknown, added: unknown): void {
  if (isObject(added) && Boolean(present)) {
    if (typeof present !== 'object') {
      throw new TypeError(`subgraphs disagree: an object and a ${typeof present} for one field`);
    }
    merge(present as Fields, added);
  } else if (Array.isArray(added) && Array.isArray(present) && added.length === present.length) {
    for (const [place, item] of added.entries()) {
      const there: unknown = present[place];
      if (isObject(there) && isObject(item)) merge(there, item);
      else present[place] = item;
    }
  } else {
    setOwnValue(target, key, added);
  }
}

/** For an answer that goes to two places of which one is written to again. */
export function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isObject(value) || !isPlain(value)) return value;
  const copy: Fields = {};
  for (const key of Object.keys(value)) setOwnValue(copy, key, copyOf(value[key]));
  return copy;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
