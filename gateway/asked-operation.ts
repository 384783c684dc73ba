/** What is refused before anything is planned: no such operation, variables of the wrong type. */

import {
  type DocumentNode,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import { withCode } from '#platform/graphql/error-format';

export interface Refused {
  readonly errors: readonly GraphQLError[];
}

/** What reads or prints them further on does so on its stack. */
const MAX_VARIABLE_NESTING = 100;

export type Variables = Readonly<Record<string, unknown>>;

/** The operation of that name, or the only one. */
export function operationOf(
  document: DocumentNode,
  operationName: string | null | undefined,
): OperationDefinitionNode | Refused {
  const operation = getOperationAST(document, operationName);
  if (operation) return operation;
  const problem = new GraphQLError(whyNone(document, operationName));
  return { errors: withCode([problem], 'BAD_USER_INPUT') };
}

function whyNone(document: DocumentNode, operationName: string | null | undefined): string {
  const operations = document.definitions.filter(
    (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
  );
  if (operations.length === 0) return 'the document holds no operation, only fragments';
  const names = operations.map(({ name }) => name?.value ?? 'one without a name').join(', ');
  return operationName === null || operationName === undefined
    ? `the document holds several operations: operationName has to be one of ${names}`
    : `the document holds no operation ${JSON.stringify(operationName)}: there is ${names}`;
}

/** The variables as the types of the schema read them, with their defaults. */
export function coercedVariables(
  schema: GraphQLSchema,
  { variableDefinitions }: OperationDefinitionNode,
  variables: Variables,
): { readonly coerced: Variables } | Refused {
  if (goesDeeper(variables, MAX_VARIABLE_NESTING)) {
    const problem = new GraphQLError(`variables nest at most ${MAX_VARIABLE_NESTING} deep`);
    return { errors: withCode([problem], 'BAD_USER_INPUT') };
  }
  const { errors, coerced } = getVariableValues(schema, variableDefinitions ?? [], variables);
  return errors ? { errors: withCode(errors, 'BAD_USER_INPUT') } : { coerced };
}

function goesDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => goesDeeper(inner, levels - 1));
}
