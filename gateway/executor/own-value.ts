/** Reads and writes by names that callers choose: `__proto__` and `constructor` are names too. */

/** What every object or list answers to without owning it. */
const INHERITED = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  ...Object.getOwnPropertyNames(Array.prototype),
]);

export type Fields = Record<string, unknown>;

export function isInherited(name: string): boolean {
  return INHERITED.has(name);
}

/** Undefined for what the value does not hold itself. */
export function ownValue(source: Fields, name: string): unknown {
  return Object.hasOwn(source, name) ? source[name] : undefined;
}

/** The same for one name, as quick as can be. */
export function readerOf(name: string): (source: Fields) => unknown {
  return isInherited(name) ? (source) => ownValue(source, name) : (source) => source[name];
}

export function setOwnValue(target: Fields, name: string, value: unknown): void {
  if (name === '__proto__') {
    const own = { value, configurable: true, enumerable: true, writable: true };
    Object.defineProperty(target, name, own);
  } else {
    target[name] = value;
  }
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Any object, lists as well. */
export function isReference(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
