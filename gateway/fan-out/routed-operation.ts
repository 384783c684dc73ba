/**
 * A subscription whose root field lists keys, as one for a single key: the list becomes a variable
 * of our own, so that however clients write it, they ask for the same.
 */

import {
  type ArgumentNode,
  type DocumentNode,
  getArgumentValues,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parseType,
  type SelectionNode,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import type { FanOutRule } from './fan-out-rules.ts';

export interface RoutedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** Takes the list of keys. */
  readonly keysVariable: string;
}

type KeyedBy = NonNullable<FanOutRule['keyedBy']>;

/** The one root field of a subscription; undefined when it stands in a fragment. */
export function rootFieldOf({ selectionSet }: OperationDefinitionNode) {
  const [selection] = selectionSet.selections;
  return selection?.kind === Kind.FIELD ? selection : undefined;
}

/** Undefined when the root field is not given the keys by itself. */
export function routedOperation(
  { document, operation }: Pick<RoutedOperation, 'document' | 'operation'>,
  { argument }: KeyedBy,
  schema: GraphQLSchema,
): RoutedOperation | undefined {
  const root = rootFieldOf(operation);
  const given = root?.arguments?.find(({ name }) => name.value === argument);
  const type = root && argumentTypeOf(schema, root.name.value, argument);
  if (!root || !given || type === undefined) return undefined;
  const defined = operation.variableDefinitions?.map((each) => each.variable.name.value) ?? [];
  const keysVariable = unusedName(new Set([...defined, ...variablesUsed(document)]));
  const variable = {
    kind: Kind.VARIABLE,
    name: { kind: Kind.NAME, value: keysVariable },
  } as const;
  const definition: VariableDefinitionNode = {
    kind: Kind.VARIABLE_DEFINITION,
    variable,
    type: parseType(type, { noLocation: true }),
  };
  const routed: SelectionNode = {
    ...root,
    arguments: (root.arguments ?? []).map((each): ArgumentNode =>
      each === given ? { ...each, value: variable } : each,
    ),
  };
  const rewritten: OperationDefinitionNode = {
    ...operation,
    variableDefinitions: [...(operation.variableDefinitions ?? []), definition],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [routed] },
  };
  const definitions = document.definitions.map((each) => (each === operation ? rewritten : each));
  return { document: { ...document, definitions }, operation: rewritten, keysVariable };
}

interface Asked {
  readonly schema: GraphQLSchema;
  /** Variables as the schema reads them. */
  readonly coerced: Readonly<Record<string, unknown>>;
}

export function rootArguments(
  operation: OperationDefinitionNode,
  { schema, coerced }: Asked,
): Readonly<Record<string, unknown>> {
  const root = rootFieldOf(operation);
  const field = root && schema.getSubscriptionType()?.getFields()[root.name.value];
  return root && field ? getArgumentValues(field, root, coerced) : {};
}

/** Undefined for a list that only the owner can refuse. */
export function keysOf(
  operation: OperationDefinitionNode,
  { argument, foldsCase, maxKeys }: KeyedBy,
  asked: Asked,
): readonly string[] | undefined {
  const list = rootArguments(operation, asked)[argument];
  if (!Array.isArray(list) || list.length === 0 || list.length > maxKeys) return undefined;
  const keys = new Set<string>();
  for (const key of list as readonly unknown[]) {
    if (typeof key !== 'string') return undefined;
    keys.add(foldsCase ? key.toUpperCase() : key);
  }
  return [...keys];
}

/** Names of the variables a document uses, beside their definitions. */
export function variablesUsed(document: DocumentNode): ReadonlySet<string> {
  const names = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      names.add(name.value);
    },
  });
  return names;
}

function argumentTypeOf(schema: GraphQLSchema, field: string, argument: string) {
  const args = schema.getSubscriptionType()?.getFields()[field]?.args;
  return args?.find(({ name }) => name === argument)?.type.toString();
}

function unusedName(taken: ReadonlySet<string>): string {
  let name = 'routingKeys';
  while (taken.has(name)) name = `${name}_`;
  return name;
}
