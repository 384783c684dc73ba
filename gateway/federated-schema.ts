/** What a supergraph means, built once: the schema callers see, and a planner of our own. */

import { Supergraph, type Schema } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';

export interface FederatedSchema {
  /** What callers see. */
  readonly schema: GraphQLSchema;
  /** The same, in the form the planner and ApolloGateway's executor take. */
  readonly apiSchema: Schema;
  /** With what is hidden from callers. */
  readonly supergraphSchema: GraphQLSchema;
  readonly planner: QueryPlanner;
}

/** `sdl` is without access directives. Throws when it is no supergraph. */
export function buildFederatedSchema(sdl: string): FederatedSchema {
  const supergraph = Supergraph.build(sdl, { validateSupergraph: false });
  const apiSchema = supergraph.apiSchema();
  return {
    schema: apiSchema.toGraphQLJSSchema(),
    apiSchema,
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    planner: new QueryPlanner(supergraph),
  };
}
