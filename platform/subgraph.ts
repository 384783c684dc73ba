/** What every subgraph is to the outside: a schema, a context per request, a life cycle. */

import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isObjectType,
  parse,
} from 'graphql';
import type { Registry } from 'prom-client';
import type { Sql } from 'postgres';
import { type AccessRule, accessRuleOf, requireAccess } from './authorization.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { requireStorableText } from './graphql/storable-text.ts';
import type { Logger } from './logger.ts';
import type { Broadcast, Cache, EventLog, Lease } from './ports.ts';
import type { Identity, RequestContext } from './request-context.ts';
import { scalarResolvers } from './scalars.ts';

export type SubgraphName = 'market-data' | 'baskets' | 'positions' | 'orders' | 'risk';

/** Everything a subgraph is built from; its main.ts passes on by name what a part needs. */
export interface PlatformParts {
  readonly config: Config;
  /** Pool of the runtime role; tables are named with their schema. */
  readonly sql: Sql;
  /** Of the same database, for pools of a part's own. */
  readonly databaseUrl: string;
  readonly eventLog: EventLog;
  readonly broadcast: Broadcast;
  readonly cache: Cache;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly metrics: Registry;
}

export interface Subgraph {
  readonly name: SubgraphName;
  readonly schema: GraphQLSchema;
  /** Loaders and use cases for one request; resolvers receive it as their context. */
  createContext(request: RequestContext): SubgraphContext;
  /** Starts workers; resolves when the subgraph can serve. */
  start(): Promise<void>;
  /** Stops workers, finishing what is in hand. */
  stop(): Promise<void>;
}

export interface SubgraphContext {
  readonly request: RequestContext;
}

type Modules = Extract<Parameters<typeof buildSubgraphSchema>[0], readonly unknown[]>;
type ResolverMap = NonNullable<Extract<Modules[number], { resolvers?: unknown }>['resolvers']>;

/**
 * Builds the executable schema of a subgraph from its SDL file, with the shared scalars added. On
 * every resolver the access rules of the SDL are enforced, and text that cannot be stored refused.
 */
export function buildSchemaOf(sdlFile: URL, resolvers: object): GraphQLSchema {
  const shared = readFileSync(new URL('../schema/shared.graphql', import.meta.url), 'utf8');
  const typeDefs = parse(`${readFileSync(sdlFile, 'utf8')}\n${shared}`);
  const schema = buildSubgraphSchema([
    { typeDefs, resolvers: { ...scalarResolvers, ...resolvers } as ResolverMap },
  ]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const typeRule = accessRuleOf(type.astNode?.directives);
    for (const field of Object.values(type.getFields())) {
      if (field.args.length > 0) {
        if (field.resolve) field.resolve = withStorableText(field.resolve);
        if (field.subscribe) field.subscribe = withStorableText(field.subscribe);
      }
      const rule = accessRuleOf(field.astNode?.directives) ?? typeRule;
      if (!rule) continue;
      const place = `${type.name}.${field.name}`;
      field.resolve = guarded(field.resolve ?? defaultFieldResolver, rule, place);
      if (field.subscribe) field.subscribe = guarded(field.subscribe, rule, place);
    }
  }
  return schema;
}

type Resolver = GraphQLFieldResolver<unknown, SubgraphContext>;

function withStorableText(resolve: Resolver): Resolver {
  return (source, args, context, info) => {
    requireStorableText(args);
    return resolve(source, args, context, info);
  };
}

function guarded(resolve: Resolver, rule: AccessRule, place: string): Resolver {
  return (source, args, context, info) => {
    requireAccess(rule, identityOf(context), place);
    return resolve(source, args, context, info);
  };
}

function identityOf(context: SubgraphContext | undefined): Identity | null {
  return context?.request.identity ?? null;
}
