/**
 * Cuts what the subgraphs answered to what was asked for, one selection after the other, in every
 * case: wrong values, nulls that go up, fields asked for twice. Says what was wrong and where.
 *
 * The order in which things happen is that of ApolloGateway's own post-processing, because the
 * order of keys, and which errors are still found, depend on it.
 */

import { ERRORS } from '@apollo/federation-internals';
import type { GraphQLError } from 'graphql';
import { type Fields, isReference, ownValue } from './own-value.ts';
import { isLeftOut, type ReplyType, type Selected, type Selections } from './selection-tree.ts';
import type { TypeTable } from './type-table.ts';

export interface CarefulParts {
  readonly types: TypeTable;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly introspect: (selected: Selected & { readonly kind: 'introspection' }) => unknown;
}

export interface CarefulReply {
  readonly data: Fields | null;
  readonly errors: readonly GraphQLError[];
}

interface Shaping extends CarefulParts {
  readonly errors: GraphQLError[];
  readonly path: (string | number)[];
}

interface Place {
  readonly input: Fields;
  readonly output: Fields;
  readonly parentType: string;
}

interface Value {
  readonly before: unknown;
  readonly type: ReplyType;
  readonly input: unknown;
  readonly selections: Selections | undefined;
  readonly parentType: string;
}

interface Outcome {
  readonly updated: unknown;
  /** Null where no null may be: it goes up to what holds the value. */
  readonly isInvalid?: boolean;
  /** Said already. */
  readonly hasErrors?: boolean;
}

export function carefulReply(
  { rootType, selections }: { readonly rootType: string; readonly selections: Selections },
  input: Fields,
  parts: CarefulParts,
): CarefulReply {
  const shaping: Shaping = { ...parts, errors: [], path: [] };
  const output = emptyFields();
  const isWhole = applySelections(selections, { input, output, parentType: rootType }, shaping);
  return { data: isWhole ? output : null, errors: shaping.errors };
}

function emptyFields(): Fields {
  return Object.create(null) as Fields;
}

/** False when a null goes up. */
function applySelections(selections: Selections, place: Place, shaping: Shaping): boolean {
  for (const selected of selections) {
    if (isLeftOut(selected.conditions, shaping.variables)) continue;
    if (!applySelected(selected, place, shaping)) return false;
  }
  return true;
}

function applySelected(selected: Selected, place: Place, shaping: Shaping): boolean {
  const { input, output, parentType } = place;
  switch (selected.kind) {
    case 'field': {
      const { key, type, selections } = selected;
      const before = output[key];
      shaping.path.push(key);
      const value = ownValue(input, key) ?? null;
      const found = updated({ before, type, input: value, selections, parentType }, shaping);
      output[key] = found.updated;
      shaping.path.pop();
      return found.isInvalid !== true;
    }
    case 'typename':
      return applyTypename(selected.key, place, shaping);
    case 'introspection':
      if (output[selected.key] === undefined) output[selected.key] = shaping.introspect(selected);
      return true;
    case 'fragment': {
      if (!applies(selected.on, place, shaping)) return true;
      const inner = { input, output, parentType: selected.on ?? parentType };
      return applySelections(selected.selections, inner, shaping);
    }
  }
}

function applyTypename(key: string, { input, output, parentType }: Place, { types }: Shaping) {
  if (output[key] !== undefined) return true;
  const value = ownValue(input, key) ?? input['__typename'];
  const name = typeof value === 'string' && types.isKnown(value) ? value : parentType;
  if (!types.isObject(name)) return false;
  output[key] = name;
  return true;
}

function applies(on: string | undefined, { input, parentType }: Place, { types }: Shaping) {
  const name = typenameOf(input);
  if (on === undefined) return true;
  if (name === undefined) return types.isSubtype(parentType, on);
  return types.isSubtype(name, on);
}

/** Undefined when it was not asked for, or empty. */
function typenameOf(input: Fields): string | undefined {
  const name = input['__typename'];
  if (!name) return undefined;
  if (typeof name === 'string') return name;
  throw new TypeError('a subgraph answered with a __typename that is no text');
}

function updated(value: Value, shaping: Shaping): Outcome {
  const { before, type, input, selections } = value;
  if (before === null || (before !== undefined && !selections)) return { updated: before };
  if (type.kind === 'nonNull') return updatedNonNull(value, type.of, shaping);
  if (input === null) return { updated: null };
  switch (type.kind) {
    case 'list':
      return updatedList(value, type, shaping);
    case 'composite':
      return updatedObject(value, type.text, shaping);
    case 'leaf':
      if (type.isValid(input)) return { updated: input };
      complain(`Invalid value found for ${placeOf(value, shaping)}.`, shaping);
      return { updated: null, hasErrors: true };
  }
}

function updatedNonNull(value: Value, inner: ReplyType, shaping: Shaping): Outcome {
  const nullable = { ...value, type: inner };
  const found = updated(nullable, shaping);
  if (found.updated !== null) return { updated: found.updated };
  if (found.hasErrors !== true) {
    complain(`Cannot return null for non-nullable ${placeOf(nullable, shaping)}.`, shaping);
  }
  return { updated: null, isInvalid: true, hasErrors: true };
}

function updatedList(
  value: Value,
  { of, text }: ReplyType & { readonly kind: 'list' },
  shaping: Shaping,
): Outcome {
  const { before, input } = value;
  if (!Array.isArray(input)) throw new TypeError(`expected a list for ${text}`);
  const known: readonly unknown[] | undefined = Array.isArray(before) ? before : undefined;
  if (before !== undefined && known?.length !== input.length) {
    throw new TypeError(`two lists of different lengths for ${text}`);
  }
  let isInvalid = false;
  let hasErrors = false;
  const items = input.map((item: unknown, index) => {
    if (item === undefined) throw new TypeError(`a hole in the list ${text}`);
    shaping.path.push(index);
    const found = updated({ ...value, before: known?.[index], type: of, input: item }, shaping);
    shaping.path.pop();
    isInvalid ||= found.isInvalid === true;
    hasErrors ||= found.hasErrors === true;
    return found.updated;
  });
  return { updated: isInvalid ? null : items, hasErrors };
}

function updatedObject(value: Value, declared: string, shaping: Shaping): Outcome {
  const { before, input, selections = [] } = value;
  if (!isReference(input)) throw new TypeError(`expected an object for ${declared}`);
  const stated = input['__typename'];
  if (stated !== undefined && typeof stated !== 'string') {
    throw new TypeError(`a subgraph answered with a __typename that is no text for ${declared}`);
  }
  if (stated && !shaping.types.isComposite(stated)) {
    complain(`Invalid __typename found for object at ${placeOf(value, shaping)}.`, shaping);
    return { updated: null, hasErrors: true };
  }
  const output = isReference(before) ? before : emptyFields();
  const parentType = stated ? stated : declared;
  const isWhole = applySelections(selections, { input, output, parentType }, shaping);
  return { updated: isWhole ? output : null, hasErrors: !isWhole };
}

function complain(message: string, { errors, path }: Shaping): void {
  errors.push(ERRORS.INVALID_GRAPHQL.err(message, { path: [...path] }));
}

function placeOf({ type, parentType }: Value, { path }: Shaping): string {
  const last = path.at(-1);
  return typeof last === 'number'
    ? `array element of type ${type.text} at index ${last}`
    : `field ${parentType}.${last}`;
}
