/**
 * `buildSubgraphSchema` reads the defaults of an SDL while its custom scalars are still
 * placeholders, so that `= "1.5"` of a Decimal stays text. This reads them again.
 */

import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  valueFromAST,
} from 'graphql';

export function readScalarDefaults(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) readDefault(field);
    } else if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) field.args.forEach(readDefault);
    }
  }
}

function readDefault(input: GraphQLArgument | GraphQLInputField): void {
  const node = input.astNode?.defaultValue;
  if (node) input.defaultValue = valueFromAST(node, input.type);
}
