/** Stands before the planner: what a caller may not see is neither planned nor fetched. */

import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  type OperationDefinitionNode,
  separateOperations,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { PlatformError } from '#platform/errors';
import type { Identity } from '#platform/request-context';
import { createDenials, type Denials } from './denials.ts';
import type { AccessRules } from './access-rules.ts';
import { filterOperation } from './operation-filter.ts';
import { restoreNulls } from './restore-nulls.ts';

export interface AskedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** Equal for equal document texts. */
  readonly documentHash: string;
  readonly identity: Identity | null;
}

export type AccessDecision =
  | { readonly kind: 'open' }
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLError[] }
  | {
      readonly kind: 'filtered';
      /** Without the denied fields. */
      readonly document: DocumentNode;
      /** The denied fields as text: belongs in the key of everything cached for the document. */
      readonly deniedKey: string;
      readonly restore: (
        result: ExecutionResult,
        variables: Readonly<Record<string, unknown>>,
      ) => Promise<ExecutionResult>;
    };

export type AccessFilter = (asked: AskedOperation) => AccessDecision;

/** Distinct (document, operation, scopes) kept; each holds one filtered document. */
const MAX_FILTERED_OPERATIONS = 5_000;

export interface AccessFilterParts {
  readonly rules: AccessRules;
  /** What callers see. */
  readonly schema: GraphQLSchema;
  /** False: `__schema` and `__type` need a token. */
  readonly allowsAnonymousIntrospection: boolean;
}

export function createAccessFilter(parts: AccessFilterParts): AccessFilter {
  const denialsOf = createDenials(parts.rules);
  const decisions = new LRUCache<string, AccessDecision>({ max: MAX_FILTERED_OPERATIONS });
  return (asked) => {
    const denials = denialsOf(asked.identity);
    const name = asked.operation.name?.value ?? '';
    const key = `${asked.documentHash} ${name} ${denials.key}`;
    const known = decisions.get(key);
    if (known) return known;
    const decision = decide(asked, denials, parts);
    decisions.set(key, decision);
    return decision;
  };
}

function decide(
  { document: whole, operation, identity }: AskedOperation,
  denials: Denials,
  { schema, allowsAnonymousIntrospection }: AccessFilterParts,
): AccessDecision {
  const operationName = operation.name?.value;
  const document = separateOperations(whole)[operationName ?? ''] ?? whole;
  if (identity === null && !allowsAnonymousIntrospection && asksForSchema(document)) {
    const reason = new PlatformError('UNAUTHENTICATED', 'introspection needs a token');
    return refused([reason], operation);
  }
  const filtered = filterOperation(document, schema, denials);
  if (filtered.denied.length === 0) return { kind: 'open' };
  const deniedAtRoot = rootDenials(filtered.denied, operation, schema, denials);
  if (operation.operation !== OperationTypeNode.QUERY && deniedAtRoot.length > 0) {
    return refused(deniedAtRoot, operation);
  }
  return {
    kind: 'filtered',
    document: filtered.document,
    deniedKey: filtered.denied.join(' '),
    restore: (result, variables) =>
      restoreNulls(result, { schema, document, operationName, variables, denials }),
  };
}

/** A mutation or subscription with a denied root field does nothing at all. */
function rootDenials(
  denied: readonly string[],
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  denials: Denials,
): readonly PlatformError[] {
  const root = schema.getRootType(operation.operation)?.name ?? '';
  return denied.flatMap((coordinate) => {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    const reason = typeName === root ? denials.reason(typeName, fieldName) : undefined;
    return reason ? [reason] : [];
  });
}

function refused(
  reasons: readonly PlatformError[],
  operation: OperationDefinitionNode,
): AccessDecision {
  const errors = reasons.map(
    (originalError) =>
      new GraphQLError(originalError.message, {
        originalError,
        path: pathOf(originalError, operation),
      }),
  );
  return { kind: 'refused', errors };
}

/** The response name of the root field a reason is about, where it stands in the operation. */
function pathOf(reason: PlatformError, { selectionSet }: OperationDefinitionNode): string[] | null {
  const [, fieldName] = String(reason.details['field'] ?? '').split('.');
  for (const selection of selectionSet.selections) {
    if (selection.kind !== Kind.FIELD || selection.name.value !== fieldName) continue;
    return [selection.alias?.value ?? selection.name.value];
  }
  return null;
}

function asksForSchema(document: DocumentNode): boolean {
  let asks = false;
  visit(document, {
    Field: ({ name }) => {
      if (name.value === '__schema' || name.value === '__type') asks = true;
    },
  });
  return asks;
}
