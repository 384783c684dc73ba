/** Removes from an operation what its caller may not see: it is neither planned nor fetched. */

import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Denials } from './denials.ts';

export interface FilteredOperation {
  readonly document: DocumentNode;
  /** Sorted `Type.field` of what was removed; empty when nothing was. */
  readonly denied: readonly string[];
}

/**
 * A selection set that lost its last field, or whose type is only known at run time, asks for
 * `__typename` under this name, so that nulls can be put in the right places afterwards.
 */
export const TYPE_MARKER = '__typename';

export function filterOperation(
  document: DocumentNode,
  schema: GraphQLSchema,
  denials: Denials,
): FilteredOperation {
  const denied = new Set<string>();
  const types = new TypeInfo(schema);
  const filtered: DocumentNode = visit(
    document,
    visitWithTypeInfo(types, {
      Field: (node) => {
        const parent = types.getParentType();
        if (!parent || node.name.value.startsWith('__')) return undefined;
        if (isObjectType(parent)) {
          if (!denials.reason(parent.name, node.name.value)) return undefined;
          denied.add(`${parent.name}.${node.name.value}`);
          return null;
        }
        return isAbstractType(parent)
          ? onAllowedTypes(node, schema.getPossibleTypes(parent), { denials, denied })
          : undefined;
      },
      SelectionSet: {
        leave: (node) => {
          const parent = types.getParentType();
          const isNeeded = node.selections.length === 0 || (parent && isAbstractType(parent));
          return isNeeded === true ? withMarker(node) : undefined;
        },
      },
    }),
  );
  if (denied.size === 0) return { document, denied: [] };
  return { document: filtered, denied: [...denied].sort() };
}

/** A field of an interface stays for those of its types on which the caller may see it. */
function onAllowedTypes(
  node: FieldNode,
  possibleTypes: readonly { readonly name: string }[],
  { denials, denied }: { denials: Denials; denied: Set<string> },
) {
  const fieldName = node.name.value;
  const isDenied = ({ name }: { readonly name: string }) =>
    denials.reason(name, fieldName) !== undefined;
  if (!possibleTypes.some(isDenied)) return undefined;
  for (const { name } of possibleTypes.filter(isDenied)) denied.add(`${name}.${fieldName}`);
  const allowed = possibleTypes.filter((type) => !isDenied(type));
  if (allowed.length === 0) return null;
  return {
    kind: Kind.INLINE_FRAGMENT,
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: allowed.map(({ name }) => ({
        kind: Kind.INLINE_FRAGMENT,
        typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } },
        selectionSet: { kind: Kind.SELECTION_SET, selections: [node] },
      })),
    },
  } as const;
}

function withMarker(node: SelectionSetNode): SelectionSetNode {
  const marker: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: TYPE_MARKER } };
  return { ...node, selections: [marker, ...node.selections] };
}
