/**
 * All fields of an object of one concrete type, in the order of the reply, fragments and repeated
 * fields merged. The values of the condition variables are known here.
 */

import { isLeftOut, type ReplyType, type Selections } from './selection-tree.ts';
import type { TypeTable } from './type-table.ts';

/** What is asked of one value: by several selections when a field is repeated. */
export type Wishes = readonly Wish[];

export interface Wish {
  readonly selections: Selections;
  /** The type the field has where it was asked for. */
  readonly declared: string;
}

export type Collected =
  | { readonly kind: 'typename'; readonly parentType: string }
  | { readonly kind: 'field'; readonly type: ReplyType; readonly wishes: Wish[] };

interface Collecting {
  readonly types: TypeTable;
  readonly variables: Readonly<Record<string, unknown>>;
  /** What the value says of itself; undefined when it was not asked to. */
  readonly typename: string | undefined;
  readonly fields: Map<string, Collected>;
  /** Fragments may be spread any number of times: each counts once. */
  readonly seen: Map<Selections, Set<string>>;
}

export function collectFields(
  wishes: Wishes,
  parts: Pick<Collecting, 'types' | 'variables' | 'typename'>,
): ReadonlyMap<string, Collected> {
  const collecting: Collecting = { ...parts, fields: new Map(), seen: new Map() };
  for (const { selections, declared } of wishes) {
    collect(selections, parts.typename ?? declared, collecting);
  }
  return collecting.fields;
}

function collect(selections: Selections, parentType: string, collecting: Collecting): void {
  const { seen, variables, typename, types } = collecting;
  const asTypes = seen.get(selections) ?? new Set<string>();
  if (asTypes.has(parentType)) return;
  seen.set(selections, asTypes.add(parentType));
  for (const selected of selections) {
    if (isLeftOut(selected.conditions, variables)) continue;
    if (selected.kind === 'fragment') {
      const { on, selections: inner } = selected;
      if (on === undefined) collect(inner, parentType, collecting);
      else if (types.isSubtype(typename ?? parentType, on)) collect(inner, on, collecting);
    } else if (selected.kind !== 'introspection') {
      add(selected, parentType, collecting.fields);
    }
  }
}

function add(
  selected: Exclude<Selections[number], { kind: 'fragment' | 'introspection' }>,
  parentType: string,
  fields: Map<string, Collected>,
): void {
  const known = fields.get(selected.key);
  if (selected.kind === 'typename') {
    if (!known) fields.set(selected.key, { kind: 'typename', parentType });
    return;
  }
  const { key, type, selections } = selected;
  const wishes = selections ? [{ selections, declared: namedTypeOf(type) }] : [];
  if (!known) fields.set(key, { kind: 'field', type, wishes });
  else if (known.kind === 'field') known.wishes.push(...wishes);
}

function namedTypeOf(type: ReplyType): string {
  return type.kind === 'nonNull' || type.kind === 'list' ? namedTypeOf(type.of) : type.text;
}
