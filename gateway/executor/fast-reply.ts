/**
 * Shapes replies in which nothing is irregular, with functions made for this operation and these
 * values of its condition variables. Each concrete type gets its own, when it is first met.
 */

import { collectFields, type Collected, type Wishes } from './collect-fields.ts';
import { irregular, objectWriter, type Writer } from './generated-writer.ts';
import { type Fields, isReference } from './own-value.ts';
import type { ReplyType, SelectionTree } from './selection-tree.ts';
import type { TypeTable } from './type-table.ts';

export interface FastParts {
  readonly types: TypeTable;
  /** Holds the condition variables. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Throws `IRREGULAR` when the careful way has to be taken. */
export function createFastReply(tree: SelectionTree, parts: FastParts): (input: Fields) => unknown {
  const write = writerByType([{ selections: tree.selections, declared: tree.rootType }], parts);
  return (input) => write(input);
}

function writerByType(wishes: Wishes, parts: FastParts): Writer {
  const byType = new Map<string | undefined, Writer>();
  let lastType: string | undefined;
  let lastWriter: Writer | undefined;
  return (value) => {
    if (!isReference(value)) return irregular();
    const typename = value['__typename'];
    if (lastWriter && typename === lastType) return lastWriter(value);
    if (typename !== undefined && (typeof typename !== 'string' || typename === '')) {
      return irregular();
    }
    lastWriter = byType.get(typename);
    if (!lastWriter) {
      if (typename !== undefined && !parts.types.isComposite(typename)) return irregular();
      lastWriter = writerFor(wishes, typename, parts);
      byType.set(typename, lastWriter);
    }
    lastType = typename;
    return lastWriter(value);
  };
}

function writerFor(wishes: Wishes, typename: string | undefined, parts: FastParts): Writer {
  return objectWriter({
    fields: collectFields(wishes, { ...parts, typename }),
    typename,
    isObjectType: parts.types.isObject,
    writerOf: (field) => fieldWriter(field, parts),
  });
}

function fieldWriter(field: Collected & { readonly kind: 'field' }, parts: FastParts): Writer {
  const { type, wishes } = field;
  return typeWriter(type.kind === 'nonNull' ? type.of : type, wishes, parts);
}

function typeWriter(type: ReplyType, wishes: Wishes, parts: FastParts): Writer {
  switch (type.kind) {
    case 'composite':
      return writerByType(wishes, parts);
    case 'leaf':
      return (value) => (type.isValid(value) ? value : irregular());
    case 'list':
      return listWriter(type.of, wishes, parts);
    case 'nonNull':
      return typeWriter(type.of, wishes, parts);
  }
}

function listWriter(item: ReplyType, wishes: Wishes, parts: FastParts): Writer {
  const write = typeWriter(item, wishes, parts);
  const isNullable = item.kind !== 'nonNull';
  return (value) => {
    if (!Array.isArray(value)) return irregular();
    const written: unknown[] = [];
    for (let index = 0; index < value.length; index += 1) {
      const each: unknown = value[index];
      if (each !== null && each !== undefined) written.push(write(each));
      else written.push(each === null && isNullable ? null : irregular());
    }
    return written;
  };
}
