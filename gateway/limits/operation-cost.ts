/**
 * What an operation may cost at most, estimated before anything is fetched: one for each object
 * that may come back, what `@cost` says where it says something, and what stands under a list once
 * for each of its items. Read once per document; what depends on variables stays a function.
 *
 * An upper bound: all members of a union count, and what @skip and @include leave out counts too.
 */

import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  getNamedType,
  getNullableType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import type { Variables } from '../asked-operation.ts';
import type { CostTable, FieldCost, ListSize } from './cost-table.ts';

/** A number, or what becomes one with the variables of a request. */
export type Amount = number | ((variables: Variables) => number);

/** A list that says how many items it holds at most, and where it is asked for some. */
export interface AskedPage {
  /** Such as `Query.instruments`. */
  readonly field: string;
  readonly argument: string;
  readonly allowed: number;
  readonly asked: Amount;
}

export interface OperationCost {
  readonly cost: Amount;
  readonly pages: readonly AskedPage[];
}

export interface CostModel {
  readonly schema: GraphQLSchema;
  readonly table: CostTable;
  /** Items of a list whose length nobody states. */
  readonly assumedListSize: number;
}

const OBJECT_WEIGHT = 1;
const LEAF_WEIGHT = 0;
/** A command is more work than a read, whatever it returns. */
const MUTATION_WEIGHT = 10;

type Sizes = ReadonlyMap<string, Amount>;
const NO_SIZES: Sizes = new Map();

interface Reading extends CostModel {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Of variables, where they are numbers. */
  readonly defaults: Variables;
  readonly pages: AskedPage[];
  /** By the sizes they are spread under: a pyramid of fragments is read once a level. */
  readonly known: WeakMap<Sizes, Map<string, Amount>>;
}

/** The document is valid: its fields are those of the schema, and its fragments end. */
export function operationCost(
  model: CostModel,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationCost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  }
  const reading: Reading = {
    ...model,
    fragments,
    defaults: defaultsOf(operation),
    pages: [],
    known: new WeakMap(),
  };
  const root = model.schema.getRootType(operation.operation) ?? undefined;
  const cost = ofSelections(reading, operation.selectionSet, root, NO_SIZES);
  return { cost, pages: reading.pages };
}

function ofSelections(
  reading: Reading,
  { selections }: SelectionSetNode,
  type: GraphQLNamedType | undefined,
  sizes: Sizes,
): Amount {
  return selections.reduce<Amount>((sum, selection) => {
    if (selection.kind === Kind.FIELD) return plus(sum, ofField(reading, selection, type, sizes));
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      return plus(sum, ofFragment(reading, selection.name.value, sizes));
    }
    const condition = selection.typeCondition?.name.value;
    const inner = condition === undefined ? type : reading.schema.getType(condition);
    return plus(sum, ofSelections(reading, selection.selectionSet, inner, sizes));
  }, 0);
}

function ofFragment(reading: Reading, name: string, sizes: Sizes): Amount {
  const measured = reading.known.get(sizes) ?? new Map<string, Amount>();
  reading.known.set(sizes, measured);
  const before = measured.get(name);
  if (before !== undefined) return before;
  measured.set(name, 0);
  const fragment = reading.fragments.get(name);
  if (!fragment) return 0;
  const type = reading.schema.getType(fragment.typeCondition.name.value);
  const amount = ofSelections(reading, fragment.selectionSet, type, sizes);
  measured.set(name, amount);
  return amount;
}

function ofField(
  reading: Reading,
  node: FieldNode,
  type: GraphQLNamedType | undefined,
  sizes: Sizes,
): Amount {
  const name = node.name.value;
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
  if (!field || !type) return 0;
  const stated = reading.table.ofField(type.name, name);
  const { listSize } = stated ?? {};
  const size = listSize && askedSize(node, field, listSize, reading.defaults);
  if (size && listSize.assumedSize !== undefined) {
    const { argument, asked } = size;
    reading.pages.push({
      field: `${type.name}.${name}`,
      argument,
      asked,
      allowed: listSize.assumedSize,
    });
  }
  const sizedFields = listSize?.sizedFields ?? [];
  const own = sizedFields.length === 0 ? size?.count : undefined;
  const isList = isListType(getNullableType(field.type));
  const times = isList ? (own ?? sizes.get(name) ?? reading.assumedListSize) : 1;
  const innerSizes: Sizes =
    size && sizedFields.length > 0
      ? new Map(sizedFields.map((each) => [each, size.count]))
      : NO_SIZES;
  const returned = getNamedType(field.type);
  const inner = node.selectionSet
    ? ofSelections(reading, node.selectionSet, returned, innerSizes)
    : 0;
  const weight = stated?.weight ?? rootWeight(reading, type);
  const each = weight === undefined ? weightOf(returned, reading.table) : 0;
  const once = (weight ?? 0) + argumentsWeight(node, stated);
  return plus(once, multiplied(times, plus(each, inner)));
}

function argumentsWeight(node: FieldNode, stated: FieldCost | undefined): number {
  return (node.arguments ?? []).reduce(
    (sum, { name }) => sum + (stated?.argumentWeights.get(name.value) ?? 0),
    0,
  );
}

export function amountOf(amount: Amount, variables: Variables): number {
  return typeof amount === 'number' ? amount : amount(variables);
}

function rootWeight({ schema }: Reading, type: GraphQLNamedType): number | undefined {
  return type === schema.getMutationType() ? MUTATION_WEIGHT : undefined;
}

function weightOf(type: GraphQLNamedType, table: CostTable): number {
  return table.ofType(type.name) ?? (isCompositeType(type) ? OBJECT_WEIGHT : LEAF_WEIGHT);
}

interface AskedSize {
  readonly argument: string;
  /** As it was asked for. */
  readonly asked: Amount;
  /** As many as can come back. */
  readonly count: Amount;
}

/** By the first slicing argument that is given, or has a default. */
function askedSize(
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  { slicingArguments, assumedSize }: ListSize,
  defaults: Variables,
): AskedSize | undefined {
  const most = assumedSize ?? 0;
  for (const argument of slicingArguments) {
    const fallback = field.args.find(({ name }) => name === argument)?.defaultValue;
    const given = node.arguments?.find(({ name }) => name.value === argument)?.value;
    const asked = askedAmount(given, defaults, typeof fallback === 'number' ? fallback : most);
    if (given === undefined && typeof fallback !== 'number') continue;
    return { argument, asked, count: mapped(asked, (value) => countOf(value, assumedSize)) };
  }
  return assumedSize === undefined
    ? undefined
    : { argument: slicingArguments[0] ?? '', asked: assumedSize, count: assumedSize };
}

function countOf(asked: number, most: number | undefined): number {
  return Math.max(0, most === undefined ? asked : Math.min(asked, most));
}

/** Anything but a number is another check's refusal, or null for as many as there are. */
function askedAmount(value: ValueNode | undefined, defaults: Variables, otherwise: number): Amount {
  if (value?.kind === Kind.INT) return Number(value.value);
  if (value?.kind !== Kind.VARIABLE) return otherwise;
  const name = value.name.value;
  return (variables) => {
    const given = Object.hasOwn(variables, name) ? variables[name] : defaults[name];
    return typeof given === 'number' ? given : otherwise;
  };
}

function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Variables {
  const defaults: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const { variable, defaultValue } of variableDefinitions) {
    if (defaultValue?.kind === Kind.INT) defaults[variable.name.value] = Number(defaultValue.value);
  }
  return defaults;
}

function plus(one: Amount, other: Amount): Amount {
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  if (one === 0) return other;
  if (other === 0) return one;
  return (variables) => amountOf(one, variables) + amountOf(other, variables);
}

function multiplied(times: Amount, amount: Amount): Amount {
  if (typeof times === 'number' && typeof amount === 'number') return times * amount;
  if (times === 1) return amount;
  return (variables) => amountOf(times, variables) * amountOf(amount, variables);
}

function mapped(amount: Amount, change: (value: number) => number): Amount {
  return typeof amount === 'number' ? change(amount) : (variables) => change(amount(variables));
}
