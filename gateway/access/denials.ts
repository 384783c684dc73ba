/** What one identity may not see: computed once per set of scopes, then looked up. */

import { LRUCache } from 'lru-cache';
import { isAllowed, requireAccess } from '#platform/authorization';
import { PlatformError } from '#platform/errors';
import type { Identity } from '#platform/request-context';
import type { AccessRules } from './access-rules.ts';

export interface Denials {
  /** Equal for callers who are denied the same. */
  readonly key: string;
  /** Why the field is denied; undefined when it is allowed. */
  readonly reason: (typeName: string, fieldName: string) => PlatformError | undefined;
}

/** Roles are few; more sets of scopes than this are recomputed. */
const MAX_SCOPE_SETS = 1_000;

export function createDenials(rules: AccessRules): (identity: Identity | null) => Denials {
  const byScopes = new LRUCache<string, Denials>({ max: MAX_SCOPE_SETS });
  return (identity) => {
    const key = identity === null ? 'anonymous' : `scopes ${identity.scopes.join(' ')}`;
    const known = byScopes.get(key);
    if (known) return known;
    const denials = { key, reason: reasonsFor(rules, identity) };
    byScopes.set(key, denials);
    return denials;
  };
}

function reasonsFor(rules: AccessRules, identity: Identity | null): Denials['reason'] {
  const known = new Map<string, PlatformError | undefined>();
  return (typeName, fieldName) => {
    const coordinate = `${typeName}.${fieldName}`;
    if (known.has(coordinate)) return known.get(coordinate);
    const reason = reasonFor(rules, identity, typeName, fieldName);
    known.set(coordinate, reason);
    return reason;
  };
}

function reasonFor(
  rules: AccessRules,
  identity: Identity | null,
  typeName: string,
  fieldName: string,
): PlatformError | undefined {
  const refusing = rules.of(typeName, fieldName).find((rule) => !isAllowed(rule, identity));
  if (!refusing) return undefined;
  try {
    requireAccess(refusing, identity, `${typeName}.${fieldName}`);
    return undefined;
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
}
