/** Compiled operations by document, name and what the caller is denied; the oldest give way. */

import { type DocumentNode, getOperationAST } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { FederatedSchema } from '../federated-schema.ts';
import {
  type CompiledOperation,
  compileOperation,
  executorSchemaOf,
} from './compiled-operation.ts';
import type { UpstreamOf } from './run.ts';

export interface AskedDocument {
  readonly document: DocumentNode;
  /** Equal for equal document texts and denied fields. */
  readonly queryHash: string;
  readonly operationName: string | undefined;
}

export type CompiledExecutor = (asked: AskedDocument) => CompiledOperation;

/** Each holds a plan and, once used again, some dozen generated functions. */
export const MAX_COMPILED_OPERATIONS = 1_000;

export interface ExecutorParts {
  readonly federated: FederatedSchema;
  readonly upstreamOf: UpstreamOf;
  readonly maxOperations?: number;
}

export function createCompiledExecutor(parts: ExecutorParts): CompiledExecutor {
  const { federated, upstreamOf, maxOperations: max = MAX_COMPILED_OPERATIONS } = parts;
  const compiled = new LRUCache<string, CompiledOperation>({ max });
  const schema = executorSchemaOf(federated);
  return ({ document, queryHash, operationName = '' }) => {
    const key = `${operationName} ${queryHash}`;
    const known = compiled.get(key);
    if (known) return known;
    const definition = getOperationAST(document, operationName || undefined);
    if (!definition) throw new Error(`no operation ${operationName} to compile`);
    const fresh = compileOperation({ ...schema, document, definition, upstreamOf });
    compiled.set(key, fresh);
    return fresh;
  };
}
