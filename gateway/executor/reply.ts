/**
 * The reply to one operation, shaped from what the subgraphs answered. The first request is shaped
 * the careful way; from the second on by generated functions, which leave what they do not know to
 * the careful way.
 */

import type { Operation } from '@apollo/federation-internals';
import {
  executeSync,
  type FieldNode,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import { type CarefulReply, carefulReply } from './careful-reply.ts';
import { createFastReply } from './fast-reply.ts';
import { IRREGULAR } from './generated-writer.ts';
import { type Fields, ownValue } from './own-value.ts';
import { selectionTreeOf } from './selection-tree.ts';
import type { TypeTable } from './type-table.ts';

export interface ReplyParts {
  readonly operation: Operation;
  readonly variableDefinitions: readonly VariableDefinitionNode[];
  /** What callers see. */
  readonly schema: GraphQLSchema;
  readonly types: TypeTable;
}

type Variables = Readonly<Record<string, unknown>>;

export type ShapeReply = (input: Fields, variables: Variables) => CarefulReply;

/** Generating costs about a millisecond: a document that never comes back is not worth it. */
const GENERATE_AT_USE = 2;
/** Sets of values of the condition variables for which functions are kept, per operation. */
const MAX_VARIANTS = 16;

export function createReplyShaper(parts: ReplyParts): ShapeReply {
  const { operation, types } = parts;
  const tree = selectionTreeOf(operation);
  const defaults: Variables = operation.collectDefaultedVariableValues();
  const variants = new Map<string, (input: Fields) => unknown>();
  let uses = 0;

  function variantFor(variables: Variables): ((input: Fields) => unknown) | undefined {
    if (tree.hasIntrospection) return undefined;
    let key = '';
    for (const name of tree.conditionVariables) {
      const value = variables[name];
      if (typeof value !== 'boolean') return undefined;
      key += value ? '1' : '0';
    }
    const known = variants.get(key);
    if (known || variants.size === MAX_VARIANTS) return known;
    const fresh = createFastReply(tree, { types, variables });
    variants.set(key, fresh);
    return fresh;
  }

  return (input, given) => {
    uses += 1;
    const variables = tree.conditionVariables.length === 0 ? given : withDefaults(defaults, given);
    const fast = uses < GENERATE_AT_USE ? undefined : variantFor(variables);
    if (fast) {
      try {
        return { data: fast(input) as Fields, errors: [] };
      } catch (error) {
        if (error !== IRREGULAR) throw error;
      }
    }
    return carefulReply(tree, input, {
      types,
      variables,
      introspect: ({ node }) => introspected(node, given, parts),
    });
  };
}

function withDefaults(defaults: Variables, given: Variables): Variables {
  const nothing = Object.create(null) as Fields;
  return Object.assign(nothing, defaults, given);
}

/** Introspection is answered here, by graphql-js, from the schema that callers see. */
function introspected(node: FieldNode, variables: Variables, parts: ReplyParts): unknown {
  const used = new Set<string>();
  visit(node, {
    Variable: ({ name }) => {
      used.add(name.value);
    },
  });
  const { data, errors } = executeSync({
    schema: parts.schema,
    document: {
      kind: Kind.DOCUMENT,
      definitions: [
        {
          kind: Kind.OPERATION_DEFINITION,
          operation: OperationTypeNode.QUERY,
          variableDefinitions: parts.variableDefinitions.filter(({ variable }) =>
            used.has(variable.name.value),
          ),
          selectionSet: { kind: Kind.SELECTION_SET, selections: [node] },
        },
      ],
    },
    rootValue: {},
    variableValues: variables,
  });
  if (errors || !data) throw new Error('introspection failed', { cause: errors?.[0] });
  return ownValue(data, node.alias?.value ?? node.name.value);
}
