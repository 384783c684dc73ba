/** Documents from WebSockets, parsed and validated once per text, as Apollo does for HTTP. */

import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { withCode } from '#platform/graphql/error-format';
import { literalRules } from './limits/literal-rules.ts';
import { nestingProblem } from './limits/nesting.ts';
import {
  isTokenLimit,
  limitRules,
  type OperationLimits,
  tooManyTokens,
} from './limits/operation-limits.ts';

export interface PreparedDocument {
  readonly text: string;
  readonly document: DocumentNode;
  readonly hash: string;
}

type Preparation = PreparedDocument | { readonly errors: readonly GraphQLError[] };

export type PrepareDocument = (text: string) => Preparation;

const MAX_PREPARED_DOCUMENTS = 2_000;

export function createDocumentPreparer(
  schema: GraphQLSchema,
  limits: OperationLimits,
): PrepareDocument {
  const prepared = new LRUCache<string, Preparation>({ max: MAX_PREPARED_DOCUMENTS });
  const rules = [...specifiedRules, ...limitRules(limits), ...literalRules(limits)];
  const parseOptions = Number.isFinite(limits.maxTokens) ? { maxTokens: limits.maxTokens } : {};
  return (text) => {
    const hash = createHash('sha256').update(text).digest('hex');
    const known = prepared.get(hash);
    if (known) return known;
    const fresh = prepare();
    prepared.set(hash, fresh);
    return fresh;

    function prepare(): Preparation {
      const tooDeep = nestingProblem(text, limits.maxNesting);
      if (tooDeep) return { errors: [tooDeep] };
      try {
        const document = parse(text, parseOptions);
        const errors = validate(schema, document, rules);
        if (errors.length === 0) return { text, document, hash };
        return { errors: withCode(errors, 'GRAPHQL_VALIDATION_FAILED') };
      } catch (error) {
        const found = error instanceof GraphQLError ? error : new GraphQLError(String(error));
        if (isTokenLimit(found)) return { errors: [tooManyTokens(limits.maxTokens)] };
        return { errors: withCode([found], 'GRAPHQL_PARSE_FAILED') };
      }
    }
  };
}
