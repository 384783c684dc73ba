/**
 * What a subgraph needs to know of an entity to add to it: cut from the data by the `requires` of a
 * fetch. Equal ones have equal keys, whatever they hold, so that each is asked for once.
 */

import type { QueryPlanInlineFragmentNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import { merge } from './merge.ts';
import { type Fields, isReference, readerOf, setOwnValue } from './own-value.ts';
import { isOfType } from './rewrites.ts';
import type { TypeTable } from './type-table.ts';

/** Null when the entity lacks a part: then it cannot be asked for. */
export type Represent = (entity: unknown) => Fields | null;

type Step = (entity: Fields, into: Fields) => boolean;

export function compileRepresentation(
  requires: readonly QueryPlanSelectionNode[],
  types: TypeTable,
): Represent {
  const [only] = requires;
  if (requires.length === 1 && only?.kind === 'InlineFragment') return onlyOfType(only, types);
  const steps = requires.map((selection) => stepOf(selection, types));
  return (entity) => {
    if (entity === null || entity === undefined) return null;
    const representation: Fields = {};
    if (!isReference(entity)) return steps.length === 0 ? representation : null;
    return steps.every((step) => step(entity, representation)) ? representation : null;
  };
}

/** What nearly every fetch requires: the key of one type. */
function onlyOfType(
  { typeCondition, selections }: QueryPlanInlineFragmentNode,
  types: TypeTable,
): Represent {
  if (typeCondition === undefined) return () => null;
  const represent = compileRepresentation(selections, types);
  return (entity) =>
    isReference(entity) && isOfType(entity['__typename'], typeCondition, types)
      ? represent(entity)
      : null;
}

function stepOf(selection: QueryPlanSelectionNode, types: TypeTable): Step {
  if (selection.kind === 'InlineFragment') {
    const { typeCondition, selections } = selection;
    if (typeCondition === undefined) return () => true;
    const represent = compileRepresentation(selections, types);
    return (entity, into) => {
      if (!isOfType(entity['__typename'], typeCondition, types)) return true;
      const added = represent(entity);
      if (added) merge(into, added);
      return true;
    };
  }
  const key = selection.alias ?? selection.name;
  const inner = selection.selections ? compileRepresentation(selection.selections, types) : same;
  const read = readerOf(key);
  return (entity, into) => {
    const value = read(entity);
    if (value === undefined) return false;
    setOwnValue(into, key, Array.isArray(value) ? value.map((item) => inner(item)) : inner(value));
    return true;
  };
}

const same = (value: unknown): unknown => value;

/** Text whose parts say how long they are: two representations never look alike by accident. */
export function keyOf(representation: Fields): string {
  let key = '';
  for (const name of Object.keys(representation)) {
    const value = representation[name];
    key += `${name}:`;
    if (typeof value === 'string') key += `${value.length}"${value}`;
    else if (isReference(value)) key += jsonKey(value);
    else key += `${String(value)};`;
  }
  return key;
}

function jsonKey(value: object): string {
  const text = JSON.stringify(value);
  return `${text.length}{${text}`;
}
