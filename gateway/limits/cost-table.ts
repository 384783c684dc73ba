/**
 * What the SDL says of costs, by `@cost` and `@listSize` of the cost specification that federation
 * composes into the supergraph (https://specs.apollo.dev/cost/v0.1, after IBM's).
 */

import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
} from 'graphql';

export interface ListSize {
  /** Arguments that say how long the list becomes. */
  readonly slicingArguments: readonly string[];
  /** The most the list holds, and so the most that may be asked for. */
  readonly assumedSize: number | undefined;
  /** Fields of the answer that hold the list, such as `edges`; empty: the field itself is it. */
  readonly sizedFields: readonly string[];
}

export interface FieldCost {
  readonly weight: number | undefined;
  readonly listSize: ListSize | undefined;
  readonly argumentWeights: ReadonlyMap<string, number>;
}

export interface CostTable {
  readonly ofField: (typeName: string, fieldName: string) => FieldCost | undefined;
  /** What one value of the type costs; undefined without `@cost`. */
  readonly ofType: (typeName: string) => number | undefined;
}

/** `supergraph` still has the directives, which callers do not see. */
export function readCostTable(supergraph: GraphQLSchema): CostTable {
  const ofTypes = new Map<string, number>();
  const ofFields = new Map<string, FieldCost>();
  for (const type of Object.values(supergraph.getTypeMap())) {
    const weight = weightIn(type.astNode?.directives);
    if (weight !== undefined && !isInputObjectType(type)) ofTypes.set(type.name, weight);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const weighted = field.args.flatMap(({ name, astNode }) => {
        const own = weightIn(astNode?.directives);
        return own === undefined ? [] : [[name, own] as const];
      });
      const cost: FieldCost = {
        weight: weightIn(field.astNode?.directives),
        listSize: listSizeIn(field.astNode?.directives),
        argumentWeights: new Map(weighted),
      };
      const isPlain = cost.weight === undefined && !cost.listSize && weighted.length === 0;
      if (!isPlain) ofFields.set(`${type.name}.${field.name}`, cost);
    }
  }
  return {
    ofField: (typeName, fieldName) => ofFields.get(`${typeName}.${fieldName}`),
    ofType: (typeName) => ofTypes.get(typeName),
  };
}

function weightIn(directives: readonly ConstDirectiveNode[] | undefined): number | undefined {
  return intOf(argumentOf(directives, 'cost', 'weight'));
}

function listSizeIn(directives: readonly ConstDirectiveNode[] | undefined): ListSize | undefined {
  if (!directives?.some(({ name }) => name.value === 'listSize')) return undefined;
  return {
    slicingArguments: textsOf(argumentOf(directives, 'listSize', 'slicingArguments')),
    assumedSize: intOf(argumentOf(directives, 'listSize', 'assumedSize')),
    sizedFields: textsOf(argumentOf(directives, 'listSize', 'sizedFields')),
  };
}

function argumentOf(
  directives: readonly ConstDirectiveNode[] | undefined,
  directive: string,
  argument: string,
): ConstValueNode | undefined {
  const found = directives?.find(({ name }) => name.value === directive);
  return found?.arguments?.find(({ name }) => name.value === argument)?.value;
}

function intOf(value: ConstValueNode | undefined): number | undefined {
  return value?.kind === Kind.INT ? Number(value.value) : undefined;
}

function textsOf(value: ConstValueNode | undefined): readonly string[] {
  if (value?.kind !== Kind.LIST) return [];
  return value.values.flatMap((each) => (each.kind === Kind.STRING ? [each.value] : []));
}
