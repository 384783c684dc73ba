/** Asks one subgraph, and puts what it answers where it belongs. */

import type { FetchNode } from '@apollo/query-planner';
import { type DocumentNode, GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import type { RequestContext } from '#platform/request-context';
import { responseOf } from '../upstream/data-source.ts';
import type { Upstream } from '../upstream/upstream.ts';
import {
  createEntityCall,
  type EntityAnswer,
  type EntityCall,
  readEntities,
} from './entity-call.ts';
import { addEntityErrors, addFetchErrors } from './fetch-errors.ts';
import { copyOf, merge } from './merge.ts';
import { type Fields, isReference, ownValue } from './own-value.ts';
import { compileRepresentation } from './representations.ts';
import { compileRewrites } from './rewrites.ts';
import type { Cursor, Run, Step, UpstreamOf } from './run.ts';
import type { TypeTable } from './type-table.ts';

export interface FetchParts {
  readonly fetch: FetchNode;
  /** Its operation, parsed. */
  readonly document: DocumentNode;
  readonly upstreamOf: UpstreamOf;
  /** Of the supergraph, with what is hidden from callers. */
  readonly types: TypeTable;
  /** Equal for fetches that may share a call; undefined for one that has nobody to share with. */
  readonly shareKey: string | undefined;
  /** Another fetch may write into what this one brings. */
  readonly isWrittenLater: boolean;
}

type Send = (
  run: Run,
  sent: { readonly context: RequestContext; readonly representations?: readonly Fields[] },
) => Promise<{ readonly data: unknown; readonly errors: readonly GraphQLFormattedError[] }>;

export function compileFetch(parts: FetchParts): Step {
  const work = parts.fetch.requires ? entityFetch(parts) : rootFetch(parts);
  return async (run, cursor) => {
    try {
      await work(run, cursor);
    } catch (error) {
      run.errors.push(asGraphQLError(error));
    }
  };
}

function rootFetch(parts: FetchParts): Step {
  const { fetch, types } = parts;
  const send = sender(parts);
  const rewriteOutput = compileRewrites(fetch.outputRewrites, types);
  return async (run, cursor) => {
    const targets = targetsOf(cursor);
    if (targets.length === 0) return;
    const { data, errors } = await send(run, run);
    addFetchErrors(errors, fetch.serviceName, { run, cursor });
    if (!isReference(data)) return;
    rewriteOutput?.(data);
    for (const target of targets) if (isReference(target)) merge(target, data);
  };
}

function entityFetch(parts: FetchParts): Step {
  const { fetch, types, shareKey } = parts;
  const send = sender(parts);
  const represent = compileRepresentation(fetch.requires ?? [], types);
  const rewriteInput = compileRewrites(fetch.inputRewrites, types);
  const deliver = deliverer(parts);
  const used = fetch.variableUsages ?? [];

  /** Adds what there is to ask for to the call; answers with who asked, in order. */
  function enter({ data }: Cursor, call: EntityCall): readonly Asked[] {
    const asked: Asked[] = [];
    for (const entity of listOf(data)) {
      const representation = represent(entity);
      if (!isReference(entity) || !representation?.['__typename']) continue;
      rewriteInput?.(representation);
      asked.push({ entity, slot: call.slotOf(representation) });
    }
    return asked;
  }

  const ask = async (run: Run, call: EntityCall) => {
    const { representations } = call;
    const context = shareKey === undefined ? run.context : run.gathering.contextOf(run.context);
    const { data, errors } = await send(run, { context, representations });
    return { ...entitiesOrProblem(data, representations.length), errors };
  };

  return async (run, cursor) => {
    if (shareKey === undefined) {
      const call = createEntityCall();
      const asked = enter(cursor, call);
      if (asked.length === 0) return;
      deliver(asked, { ...(await ask(run, call)), given: new Set() }, { run, cursor });
    } else {
      const key = `${shareKey} ${used.length === 0 ? '' : JSON.stringify(valuesOf(run, used))}`;
      const { call, answer } = run.gathering.join(key, (gathered) => ask(run, gathered));
      const asked = enter(cursor, call);
      if (asked.length > 0) deliver(asked, await answer, { run, cursor });
    }
  };
}

interface Asked {
  readonly entity: Fields;
  readonly slot: number;
}

function deliverer({ fetch, types, isWrittenLater }: FetchParts) {
  const { serviceName } = fetch;
  const rewriteOutput = compileRewrites(fetch.outputRewrites, types);
  return (
    asked: readonly Asked[],
    { entities, errors, problem, given }: EntityAnswer,
    { run, cursor }: { readonly run: Run; readonly cursor: Cursor },
  ): void => {
    if (errors.length > 0) {
      const slots = asked.map(({ slot }) => slot);
      addEntityErrors(errors, serviceName, { run, cursor, slots });
    }
    if (problem) throw problem;
    if (!entities) return;
    for (const { entity, slot } of asked) {
      const received = entities[slot];
      if (!isReference(received)) continue;
      if (given.has(slot)) {
        const copy = isWrittenLater ? copyOf(received) : received;
        if (isReference(copy)) merge(entity, copy);
        continue;
      }
      given.add(slot);
      if (!received['__typename']) received['__typename'] = entity['__typename'];
      rewriteOutput?.(received);
      merge(entity, received);
    }
  };
}

function entitiesOrProblem(
  data: unknown,
  expected: number,
): Pick<EntityAnswer, 'entities'> & {
  readonly problem?: Error;
} {
  try {
    return { entities: readEntities(data, expected) };
  } catch (error) {
    return { entities: undefined, problem: asGraphQLError(error) };
  }
}

function sender({ fetch, document, upstreamOf }: FetchParts): Send {
  const { serviceName, operation: query, operationName, variableUsages = [] } = fetch;
  const roots = rootsOf(document);
  let upstream: Upstream | undefined;
  return async (run, { context, representations }) => {
    upstream ??= upstreamOf(serviceName);
    if (!upstream) throw new Error(`Couldn't find service with name "${serviceName}"`);
    const variables = valuesOf(run, variableUsages);
    if (representations) {
      if ('representations' in variables) {
        throw new Error('Variables cannot contain key "representations"');
      }
      variables['representations'] = representations;
    }
    const { isMutation } = run;
    const answer = await upstream.execute({ query, variables, operationName, context, isMutation });
    const { data, errors = [] } = responseOf(answer, () => roots);
    return { data, errors };
  };
}

function valuesOf({ variables }: Run, names: readonly string[]): Fields {
  const values = Object.create(null) as Fields;
  for (const name of names) {
    const value = ownValue(variables, name);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function listOf(data: unknown): readonly unknown[] {
  return Array.isArray(data) ? data : [data];
}

function targetsOf({ data }: Cursor): readonly unknown[] {
  return listOf(data).filter((each) => each !== null && each !== undefined);
}

function rootsOf({ definitions }: DocumentNode): readonly string[] {
  const operation = definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  return (operation?.selectionSet.selections ?? []).flatMap((selection) =>
    selection.kind === Kind.FIELD ? [selection.alias?.value ?? selection.name.value] : [],
  );
}

function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}
