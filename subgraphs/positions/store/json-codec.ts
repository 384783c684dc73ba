/**
 * How values are written as JSON and read back: one description for both ways, so that they cannot
 * differ. Fields are written in the order of their names: equal values have equal texts.
 */

import type { Json } from '#kernel/topics/event-type';

export interface JsonCodec<T> {
  /** Undefined: the field is left out. */
  readonly write: (value: T) => Json | undefined;
  /** Throws on what `write` does not write. */
  readonly read: (stored: unknown) => T;
}

/** What is stored in the form in which it is used. */
export const text: JsonCodec<string> = {
  write: (value) => value,
  read: (stored) => (typeof stored === 'string' ? stored : unreadable('text', stored)),
};

export const integer: JsonCodec<number> = {
  write: (value) => value,
  read: (stored) =>
    typeof stored === 'number' && Number.isSafeInteger(stored)
      ? stored
      : unreadable('an integer', stored),
};

export const truth: JsonCodec<boolean> = {
  write: (value) => value,
  read: (stored) => (typeof stored === 'boolean' ? stored : unreadable('true or false', stored)),
};

/** What has a text form: decimals, dates. */
export function asText<T>(
  format: (value: T) => string,
  parse: (stored: string) => T,
): JsonCodec<T> {
  return { write: format, read: (stored) => parse(text.read(stored)) };
}

export function oneOf<T extends string>(allowed: readonly T[]): JsonCodec<T> {
  return {
    write: (value) => value,
    read: (stored) =>
      allowed.find((each) => each === stored) ?? unreadable(`one of ${allowed.join(', ')}`, stored),
  };
}

export function nullable<T>({ write, read }: JsonCodec<T>): JsonCodec<T | null> {
  return {
    write: (value) => (value === null ? null : write(value)),
    read: (stored) => (stored === null ? null : read(stored)),
  };
}

/**
 * Left out while it is the usual value, which also is what it was before the field existed.
 * Compares by identity.
 */
export function usually<T>(usual: T, { write, read }: JsonCodec<T>): JsonCodec<T> {
  return {
    write: (value) => (value === usual ? undefined : write(value)),
    read: (stored) => (stored === undefined ? usual : read(stored)),
  };
}

export function list<T>({ write, read }: JsonCodec<T>): JsonCodec<readonly T[]> {
  return {
    write: (values) => values.map((value) => write(value) ?? null),
    read: (stored) => (Array.isArray(stored) ? stored.map(read) : unreadable('a list', stored)),
  };
}

/** A field that need not be there. */
export function optional<T>({ write, read }: JsonCodec<T>): JsonCodec<T | undefined> {
  return {
    write: (value) => (value === undefined ? undefined : write(value)),
    read: (stored) => (stored === undefined ? undefined : read(stored)),
  };
}

/** A codec for every field of the type: the compiler misses none. */
export function record<T extends object>(fields: {
  readonly [Field in keyof T]-?: JsonCodec<T[Field]>;
}): JsonCodec<T> {
  const inOrder = (Object.entries(fields) as [keyof T & string, JsonCodec<T[keyof T]>][]).sort(
    ([a], [b]) => (a < b ? -1 : 1),
  );
  return {
    write(value) {
      const written: Record<string, Json> = {};
      for (const [name, codec] of inOrder) {
        const json = codec.write(value[name]);
        if (json !== undefined) written[name] = json;
      }
      return written;
    },
    read(stored) {
      const from = fieldsOf(stored);
      const value: Partial<T> = {};
      for (const [name, codec] of inOrder) {
        const found = codec.read(from[name]);
        if (found !== undefined) value[name] = found as T[typeof name];
      }
      return value as T;
    },
  };
}

/** One record per `type`, which is stored with it. */
export function variants<T extends { readonly type: string }>(records: {
  readonly [Type in T['type']]: JsonCodec<Omit<Extract<T, { readonly type: Type }>, 'type'>>;
}): JsonCodec<T> {
  const codecs = new Map(Object.entries(records) as [string, JsonCodec<unknown>][]);
  const codecOf = (type: unknown): JsonCodec<unknown> =>
    codecs.get(text.read(type)) ?? unreadable(`one of ${[...codecs.keys()].join(', ')}`, type);
  return {
    write: (value) =>
      inOrderOfName({ ...fieldsOf(codecOf(value.type).write(value)), type: value.type }),
    read: (stored) => {
      const { type } = fieldsOf(stored);
      return { type, ...fieldsOf(codecOf(type).read(stored)) } as unknown as T;
    },
  };
}

/** What another one has put into fields, in the order of their names. */
export function inOrderOfName(fields: Fields<Json>): Json {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Not stored: known from where the value is found. */
export function known<T>(value: T): JsonCodec<T> {
  return { write: () => undefined, read: () => value };
}

type Fields<Value> = Readonly<Record<string, Value>>;

function fieldsOf(stored: Json | undefined): Fields<Json>;
function fieldsOf(stored: unknown): Fields<unknown>;
function fieldsOf(stored: unknown): Fields<unknown> {
  if (typeof stored === 'object' && stored !== null && !Array.isArray(stored)) {
    return stored as Fields<unknown>;
  }
  return unreadable('an object', stored);
}

const MAX_SHOWN_CHARACTERS = 80;

function unreadable(expected: string, found: unknown): never {
  const shown = (JSON.stringify(found) ?? 'nothing').slice(0, MAX_SHOWN_CHARACTERS);
  throw new RangeError(`stored JSON: expected ${expected}, was ${shown}`);
}
