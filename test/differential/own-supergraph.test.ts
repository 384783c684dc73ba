/**
 * The platform's own supergraph and sample operations, over subgraphs with made-up answers, and
 * the queries of the bench: the compiled executor answers as ApolloGateway does.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DefinitionNode,
  getNamedType,
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  typeFromAST,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../bench/query/operations.ts';
import { sampleSubgraphs, sampleSupergraph } from '../../bench/query/sample-subgraphs.ts';
import { bothExecutors } from './both-executors.ts';
import { randomMangle } from './mangled-answers.ts';
import type { RandomOperation } from './random-operation.ts';
import { randomSubgraphSchema } from './random-subgraph.ts';
import { choicesOf } from './random-values.ts';

const ROOT = join(import.meta.dirname, '../..');
const NAMES = ['market-data', 'baskets', 'positions', 'orders', 'risk'] as const;
const SEEDS = [1, 2, 3];
const TIMEOUT_MS = 60_000;

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

describe("the compiled executor on the platform's own supergraph", () => {
  test.each(SEEDS)(
    'answers the sample operations as ApolloGateway does, seed %i',
    async (seed) => {
      const choices = choicesOf(seed);
      const shared = textOf('schema/shared.graphql');
      const both = await bothExecutors({
        supergraphSdl: textOf('schema/supergraph.graphql'),
        schemas: new Map(
          NAMES.map((name) => [
            name,
            randomSubgraphSchema(
              `${textOf(`subgraphs/${name}/${name}.graphql`)}\n${shared}`,
              choices,
            ),
          ]),
        ),
        mangle: randomMangle(choices, seed === 1 ? 0 : 0.01),
      });
      const operations = sampleOperations(both.schema);
      expect(operations.length).toBeGreaterThan(5);
      for (const operation of operations) {
        const { differences } = await both.compare(operation);
        expect({ text: operation.text, differences }).toEqual({
          text: operation.text,
          differences: [],
        });
      }
      await both.stop();
    },
    TIMEOUT_MS,
  );

  test(
    'answers the queries of the bench as ApolloGateway does',
    async () => {
      const both = await bothExecutors({
        supergraphSdl: sampleSupergraph(),
        schemas: new Map(sampleSubgraphs().map(({ name, schema }) => [name, schema])),
      });
      for (const { body } of OPERATIONS) {
        const { query, variables } = JSON.parse(body) as {
          readonly query: string;
          readonly variables: Record<string, unknown>;
        };
        const asked = { text: query, variables, operationName: undefined };
        expect(await both.compare(asked)).toEqual({
          differences: [],
          hasErrors: false,
          isUnsupported: false,
        });
      }
      await both.stop();
    },
    TIMEOUT_MS,
  );
});

/** Queries and mutations; subscriptions take another way. */
function sampleOperations(schema: GraphQLSchema): readonly RandomOperation[] {
  const folder = 'schema/operations';
  return readdirSync(join(ROOT, folder)).flatMap((file) => {
    const text = textOf(`${folder}/${file}`);
    return parse(text)
      .definitions.filter(isAnswered)
      .map((definition) => ({
        text,
        operationName: definition.name?.value,
        variables: variablesFor(definition, schema),
      }));
  });
}

function isAnswered(definition: DefinitionNode): definition is OperationDefinitionNode {
  return (
    definition.kind === Kind.OPERATION_DEFINITION &&
    definition.operation !== OperationTypeNode.SUBSCRIPTION
  );
}

function variablesFor(
  { variableDefinitions = [] }: OperationDefinitionNode,
  schema: GraphQLSchema,
) {
  return Object.fromEntries(
    variableDefinitions.map(({ variable, type }) => {
      const read = typeFromAST(schema, type as never) as GraphQLInputType | undefined;
      return [variable.name.value, read ? inputOf(read) : null];
    }),
  );
}

function inputOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return inputOf(type.ofType);
  if (isListType(type)) return [inputOf(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const needed = Object.values(type.getFields()).filter((field) => isNonNullType(field.type));
    return Object.fromEntries(needed.map((field) => [field.name, inputOf(field.type)]));
  }
  const values: Readonly<Record<string, unknown>> = { Int: 3, Float: 1.5, Boolean: true };
  return values[getNamedType(type).name] ?? 'text 1';
}
