/** Changes the planner wants in what is sent or received, such as a key under another name. */

import type { FetchDataRewrite } from '@apollo/query-planner';
import { type Fields, isReference, ownValue, setOwnValue } from './own-value.ts';
import type { TypeTable } from './type-table.ts';

export type Rewrite = (value: unknown) => void;

const ON_TYPE = '... on ';

/** Undefined when there is nothing to do. */
export function compileRewrites(
  rewrites: readonly FetchDataRewrite[] | undefined,
  types: TypeTable,
): Rewrite | undefined {
  if (!rewrites || rewrites.length === 0) return undefined;
  const all = rewrites.map((rewrite) => compileRewrite(rewrite, types));
  return (value) => {
    for (const rewrite of all) rewrite(value);
  };
}

function compileRewrite(rewrite: FetchDataRewrite, types: TypeTable): Rewrite {
  const last = rewrite.path.at(-1);
  if (last === undefined) return () => undefined;
  if (last.startsWith(ON_TYPE)) throw new Error(`a rewrite ends with a type: ${last}`);
  const change = rewrite.kind === 'ValueSetter' ? setter(last, rewrite) : renamer(last, rewrite);
  return rewrite.path.slice(0, -1).reduceRight<Rewrite>(
    (next, step) => each(stepInto(step, next, types)),
    each((fields) => change(fields)),
  );
}

function setter(name: string, { setValueTo }: { readonly setValueTo: unknown }) {
  return (fields: Fields) => setOwnValue(fields, name, setValueTo);
}

function renamer(name: string, { renameKeyTo }: { readonly renameKeyTo: string }) {
  return (fields: Fields) => {
    const value = ownValue(fields, name);
    if (!value) return;
    setOwnValue(fields, renameKeyTo, value);
    setOwnValue(fields, name, undefined);
  };
}

function stepInto(step: string, next: Rewrite, types: TypeTable): (fields: Fields) => void {
  if (!step.startsWith(ON_TYPE)) return (fields) => next(ownValue(fields, step));
  const on = step.slice(ON_TYPE.length);
  return (fields) => {
    const typename = fields['__typename'];
    if (!typename || isOfType(typename, on, types)) next(fields);
  };
}

export function isOfType(typename: unknown, on: string, types: TypeTable): boolean {
  return typename === on || (typeof typename === 'string' && types.isSubtype(typename, on));
}

/** Through lists, to the objects in them. */
function each(change: (fields: Fields) => void): Rewrite {
  const visit: Rewrite = (value) => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isReference(value)) change(value);
  };
  return visit;
}
