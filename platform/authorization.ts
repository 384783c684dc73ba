/**
 * The rules that `@authenticated` and `@requiresScopes` state, and the check both the gateway and
 * the subgraphs make with them.
 */

import { type ConstDirectiveNode, type ConstValueNode, Kind } from 'graphql';
import { PlatformError } from './errors.ts';
import type { Identity } from './request-context.ts';

export interface AccessRule {
  /** Outer list: alternatives. Inner list: all needed. Empty: any valid token will do. */
  readonly scopes: readonly (readonly string[])[];
}

/** The rule a definition's directives state; undefined when it is open to everyone. */
export function accessRuleOf(
  directives: readonly ConstDirectiveNode[] | undefined,
): AccessRule | undefined {
  const named = (name: string) => directives?.find((each) => each.name.value === name);
  const requiresScopes = named('requiresScopes');
  if (requiresScopes) {
    const argument = requiresScopes.arguments?.find((each) => each.name.value === 'scopes');
    return { scopes: argument ? scopeLists(argument.value) : [] };
  }
  return named('authenticated') ? { scopes: [] } : undefined;
}

function scopeLists(value: ConstValueNode): string[][] {
  if (value.kind !== Kind.LIST) return [];
  return value.values.map((inner) =>
    inner.kind === Kind.LIST
      ? inner.values.flatMap((each) => (each.kind === Kind.STRING ? [each.value] : []))
      : [],
  );
}

export function isAllowed(rule: AccessRule, identity: Identity | null): boolean {
  if (identity === null) return false;
  if (rule.scopes.length === 0) return true;
  const held = new Set<string>(identity.scopes);
  return rule.scopes.some((all) => all.every((scope) => held.has(scope)));
}

/** Throws UNAUTHENTICATED without an identity and FORBIDDEN with one that lacks the scopes. */
export function requireAccess(rule: AccessRule, identity: Identity | null, field: string): void {
  if (isAllowed(rule, identity)) return;
  if (identity === null) {
    throw new PlatformError('UNAUTHENTICATED', `${field} needs a token`, { details: { field } });
  }
  const needed = rule.scopes.map((all) => all.join(' and ')).join(', or ');
  throw new PlatformError('FORBIDDEN', `${field} needs the scope ${needed}`, {
    details: { field, needed },
  });
}
