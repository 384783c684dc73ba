/**
 * Which subscriptions are shared, and what makes two of them the same. Who sees which fields
 * depends on scopes and not on persons, so that callers with the same roles and scopes share what
 * a subgraph streams; a subgraph hears of them as one reader of its stream, without a name.
 */

import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  print,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Identity } from '#platform/request-context';
import type { FanOutRule, FanOutRules } from './fan-out-rules.ts';
import {
  keysOf,
  rootArguments,
  rootFieldOf,
  type RoutedOperation,
  routedOperation,
  variablesUsed,
} from './routed-operation.ts';

export interface AskedStream {
  /** Without the denied fields. */
  readonly document: DocumentNode;
  /** Of that document. */
  readonly operation: OperationDefinitionNode;
  /** With the denied fields, whose variables say as well what the client gets. */
  readonly whole: Pick<RoutedOperation, 'document' | 'operation'>;
  /** Equal for equal document texts, operations and denied fields. */
  readonly key: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly coerced: Readonly<Record<string, unknown>>;
  readonly identity: Identity | null;
}

export interface Sharing {
  readonly rule: FanOutRule;
  readonly family: string;
  readonly keys: readonly (string | null)[];
  /** Of what is planned and run, with the keys as a variable. */
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** Equal for equal documents of that form. */
  readonly planKey: string;
  readonly identity: Identity | null;
  readonly variablesFor: (key: string | null) => Readonly<Record<string, unknown>>;
}

/** Undefined: the client gets a stream of its own. */
export type SharingOf = (asked: AskedStream) => Sharing | undefined;

interface Prepared {
  readonly routed: RoutedOperation | undefined;
  readonly used: ReadonlySet<string>;
  /** Of the document with its keys taken out, so that literal keys share as variables do. */
  readonly hash: string;
}

const MAX_PREPARED = 2_000;
const READER_OF_SHARED_STREAMS = 'gateway-fan-out';

export function createSharing(rules: FanOutRules, schema: GraphQLSchema): SharingOf {
  const preparations = new LRUCache<string, Prepared>({ max: MAX_PREPARED });

  function preparedOf(asked: AskedStream, { keyedBy }: FanOutRule): Prepared {
    const known = preparations.get(asked.key);
    if (known) return known;
    const routed = keyedBy && routedOperation(asked, keyedBy, schema);
    const whole = keyedBy && routedOperation(asked.whole, keyedBy, schema);
    const { document } = whole ?? asked.whole;
    const hash = createHash('sha256').update(print(document)).digest('hex');
    const fresh = { routed, used: variablesUsed(document), hash };
    preparations.set(asked.key, fresh);
    return fresh;
  }

  return (asked) => {
    const root = rootFieldOf(asked.operation);
    const rule = root && rules.get(root.name.value);
    if (!rule) return undefined;
    const { keyedBy } = rule;
    const { routed, used, hash } = preparedOf(asked, rule);
    const keys =
      routed && keyedBy ? keysOf(asked.operation, keyedBy, { schema, ...asked }) : [null];
    // Several keys in one stream have several last events, and a list that is refused has none.
    if (!keys || (keyedBy && !routed) || isResumed(asked, rule, schema)) return undefined;
    const variables = Object.entries(asked.variables).filter(([name]) => used.has(name));
    const identity = asked.identity && readerLike(asked.identity);
    // Roles and scopes say which fields are denied.
    const name = asked.operation.name?.value ?? '';
    return {
      rule,
      family: JSON.stringify([name, hash, variables.sort(byName), identity]),
      keys,
      document: routed?.document ?? asked.document,
      operation: routed?.operation ?? asked.operation,
      planKey: routed ? `routed ${asked.key}` : asked.key,
      identity,
      variablesFor: (key) => ({
        ...Object.fromEntries(variables),
        ...(routed && key !== null ? { [routed.keysVariable]: [key] } : {}),
      }),
    };
  };
}

/** Where a client goes on is its own affair. */
function isResumed(asked: AskedStream, { resumedBy }: FanOutRule, schema: GraphQLSchema): boolean {
  if (resumedBy === undefined) return false;
  return (rootArguments(asked.operation, { schema, ...asked })[resumedBy] ?? null) !== null;
}

function readerLike({ roles, scopes, isService }: Identity): Identity {
  return {
    user: READER_OF_SHARED_STREAMS,
    roles: roles.toSorted(),
    scopes: scopes.toSorted(),
    isService,
  };
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
