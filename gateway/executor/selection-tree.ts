/** The operation as the reply is shaped by it: read once from the planner's own form of it. */

import {
  type Field,
  type FragmentElement,
  isCompositeType,
  isListType,
  isNonNullType,
  isValidLeafValue,
  isVariable,
  type NamedType,
  type Operation,
  type Schema,
  type Selection,
  type SelectionSet,
  type Type,
} from '@apollo/federation-internals';
import { type FieldNode, Kind, type SelectionNode } from 'graphql';

/** @skip or @include. */
export interface Condition {
  readonly directive: 'skip' | 'include';
  readonly if: boolean | { readonly variable: string };
}

export type ReplyType =
  | { readonly kind: 'nonNull'; readonly of: ReplyType; readonly text: string }
  | { readonly kind: 'list'; readonly of: ReplyType; readonly text: string }
  | { readonly kind: 'composite'; readonly text: string }
  | {
      readonly kind: 'leaf';
      readonly text: string;
      readonly isCustom: boolean;
      readonly isText: boolean;
      readonly isValid: (value: unknown) => boolean;
    };

export type Selections = readonly Selected[];

export type Selected =
  | {
      readonly kind: 'field';
      readonly key: string;
      readonly conditions: readonly Condition[];
      readonly type: ReplyType;
      /** Undefined for a leaf. */
      readonly selections: Selections | undefined;
    }
  | {
      readonly kind: 'typename';
      readonly key: string;
      readonly conditions: readonly Condition[];
    }
  | {
      readonly kind: 'introspection';
      readonly key: string;
      readonly conditions: readonly Condition[];
      readonly node: FieldNode;
    }
  | {
      readonly kind: 'fragment';
      readonly conditions: readonly Condition[];
      /** Undefined for a fragment without a type condition. */
      readonly on: string | undefined;
      readonly selections: Selections;
    };

export interface SelectionTree {
  readonly rootType: string;
  readonly selections: Selections;
  /** Names of the variables that @skip and @include ask for, in any order. */
  readonly conditionVariables: readonly string[];
  readonly hasIntrospection: boolean;
}

interface Reading {
  readonly schema: Schema;
  /** A fragment that is spread often is read once. */
  readonly known: Map<SelectionSet, Selections>;
  readonly conditionVariables: Set<string>;
  hasIntrospection: boolean;
}

export function selectionTreeOf(operation: Operation): SelectionTree {
  const schema = operation.schema();
  const reading: Reading = {
    schema,
    known: new Map(),
    conditionVariables: new Set(),
    hasIntrospection: false,
  };
  const selections = selectionsOf(operation.selectionSet, reading);
  return {
    rootType: schema.schemaDefinition.rootType(operation.rootKind)?.name ?? '',
    selections,
    conditionVariables: [...reading.conditionVariables],
    hasIntrospection: reading.hasIntrospection,
  };
}

function selectionsOf(set: SelectionSet, reading: Reading): Selections {
  const known = reading.known.get(set);
  if (known) return known;
  const selections = set.selections().map((selection) => selectedOf(selection, reading));
  reading.known.set(set, selections);
  return selections;
}

function selectedOf(selection: Selection, reading: Reading): Selected {
  const conditions = conditionsOf(selection.element, reading);
  if (selection.kind === 'FragmentSelection') {
    return {
      kind: 'fragment',
      conditions,
      on: selection.element.typeCondition?.name,
      selections: selectionsOf(selection.selectionSet, reading),
    };
  }
  const { element } = selection;
  const key = element.responseName();
  if (element.definition.isSchemaIntrospectionField()) {
    reading.hasIntrospection = true;
    const node = selection.expandFragments().toSelectionNode();
    return { kind: 'introspection', key, conditions, node: fieldNodeOf(node) };
  }
  if (element.name === '__typename') return { kind: 'typename', key, conditions };
  const type = replyTypeOf(typeOf(element), reading.schema);
  const inner = selection.selectionSet;
  return {
    kind: 'field',
    key,
    conditions,
    type,
    selections: inner ? selectionsOf(inner, reading) : undefined,
  };
}

function typeOf({ definition, name }: Field): Type {
  const { type } = definition;
  if (!type) throw new Error(`the field ${name} has no type`);
  return type;
}

function fieldNodeOf(node: SelectionNode): FieldNode {
  if (node.kind === Kind.FIELD) return node;
  throw new Error(`expected a field of introspection, was ${node.kind}`);
}

function conditionsOf(
  element: Field | FragmentElement,
  { conditionVariables }: Reading,
): readonly Condition[] {
  return (['skip', 'include'] as const).flatMap((directive): Condition[] => {
    const applied = element.appliedDirectives.find(({ name }) => name === directive);
    if (!applied) return [];
    const value: unknown = applied.arguments()['if'];
    if (!isVariable(value)) return [{ directive, if: value === true }];
    conditionVariables.add(value.name);
    return [{ directive, if: { variable: value.name } }];
  });
}

function replyTypeOf(type: Type, schema: Schema): ReplyType {
  const text = type.toString();
  if (isNonNullType(type)) return { kind: 'nonNull', text, of: replyTypeOf(type.ofType, schema) };
  if (isListType(type)) return { kind: 'list', text, of: replyTypeOf(type.ofType, schema) };
  return namedType(type, schema);
}

function namedType(type: NamedType, schema: Schema): ReplyType {
  if (isCompositeType(type)) return { kind: 'composite', text: type.name };
  if (type.kind === 'InputObjectType') throw new Error(`${type.name} is no type of a reply`);
  const isBuiltIn = [schema.stringType(), schema.idType()].some((each) => each === type);
  return {
    kind: 'leaf',
    text: type.name,
    isCustom: type.kind === 'ScalarType' && !type.isBuiltIn,
    isText: isBuiltIn,
    isValid: (value) => isValidLeafValue(schema, value, type),
  };
}

/** The value of a condition's variable is known to be a Boolean, or this throws. */
export function isLeftOut(
  conditions: readonly Condition[],
  variables: Readonly<Record<string, unknown>>,
): boolean {
  for (const { directive, if: wish } of conditions) {
    const holds = typeof wish === 'boolean' ? wish : booleanOf(variables, wish.variable);
    if (holds === (directive === 'skip')) return true;
  }
  return false;
}

function booleanOf(variables: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = variables[name];
  if (typeof value === 'boolean') return value;
  throw new TypeError(`expected a Boolean for the variable $${name} of @skip or @include`);
}
