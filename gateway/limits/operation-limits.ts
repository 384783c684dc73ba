/** One set of limits on what an operation may ask, for HTTP and WebSocket alike. */

import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { ErrorCode } from '#platform/errors';

export interface OperationLimits {
  /** Fields inside fields; introspection is exempt. */
  readonly maxDepth: number;
  /** Fields after fragments are spread, introspection exempt. */
  readonly maxFields: number;
  /** Aliases after fragments are spread. */
  readonly maxAliases: number;
  /** Directives after fragments are spread. */
  readonly maxDirectives: number;
  /** Words and signs of the document. */
  readonly maxTokens: number;
  /** Brackets inside brackets, of whatever kind; bounds the stack of whoever reads the document. */
  readonly maxNesting: number;
  /** Lists and input objects inside each other in one value of the document. */
  readonly maxValueDepth: number;
  /** Scalars whose literals are text or a safe Int, for they would arrive rounded otherwise. */
  readonly textScalars: readonly string[];
}

export const OPERATION_LIMITS: OperationLimits = {
  maxDepth: 20,
  maxFields: 2_000,
  maxAliases: 200,
  maxDirectives: 100,
  maxTokens: 10_000,
  maxNesting: 200,
  maxValueDepth: 8,
  textScalars: ['Decimal'],
};

interface Size {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
  readonly directives: number;
}

const NOTHING: Size = { depth: 0, fields: 0, aliases: 0, directives: 0 };

/** The rules to validate with, beside those of the specification. */
export function limitRules(limits: OperationLimits): readonly ValidationRule[] {
  return [(context) => limitRule(context, limits)];
}

export function tooComplex(limit: string, allowed: number, found: number): GraphQLError {
  const code: ErrorCode = 'OPERATION_TOO_COMPLEX';
  const message = `the operation is too complex: ${limit} is ${allowed}, was ${found}`;
  return new GraphQLError(message, { extensions: { code, limit, allowed } });
}

/** graphql-js stops parsing at the limit, so that how many there are is not known. */
export function tooManyTokens(allowed: number): GraphQLError {
  const code: ErrorCode = 'OPERATION_TOO_COMPLEX';
  return new GraphQLError(`the operation is too complex: maxTokens is ${allowed}`, {
    extensions: { code, limit: 'maxTokens', allowed },
  });
}

export function isTokenLimit({ message }: { readonly message: string }): boolean {
  return /more that \d+ tokens/.test(message);
}

function limitRule(context: ValidationContext, limits: OperationLimits): ASTVisitor {
  const measure = createMeasure((name) => context.getFragment(name) ?? undefined);
  return {
    OperationDefinition: (operation: OperationDefinitionNode) => {
      const size = measure(operation);
      const checks: readonly [string, number, number][] = [
        ['maxDepth', limits.maxDepth, size.depth],
        ['maxFields', limits.maxFields, size.fields],
        ['maxAliases', limits.maxAliases, size.aliases],
        ['maxDirectives', limits.maxDirectives, size.directives],
      ];
      for (const [limit, allowed, found] of checks) {
        if (found > allowed) context.reportError(tooComplex(limit, allowed, found));
      }
    },
  };
}

/** Each fragment is measured once, so that a pyramid of spreads costs no more than its text. */
function createMeasure(fragmentOf: (name: string) => FragmentDefinitionNode | undefined) {
  const known = new Map<string, Size>();

  function ofFragment(name: string): Size {
    const size = known.get(name);
    if (size) return size;
    // A cycle of fragments is another rule's error; here it only has to end.
    known.set(name, NOTHING);
    const fragment = fragmentOf(name);
    const measured = fragment ? ofNode(fragment) : NOTHING;
    known.set(name, measured);
    return measured;
  }

  function ofSelections({ selections }: SelectionSetNode): Size {
    return selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        return together(sum, withDirectives(ofFragment(selection.name.value), selection));
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) return together(sum, ofNode(selection));
      if (selection.name.value.startsWith('__')) return sum;
      const inner = selection.selectionSet ? ofSelections(selection.selectionSet) : NOTHING;
      const field = {
        depth: inner.depth + 1,
        fields: inner.fields + 1,
        aliases: inner.aliases + (selection.alias ? 1 : 0),
        directives: inner.directives,
      };
      return together(sum, withDirectives(field, selection));
    }, NOTHING);
  }

  function ofNode(node: {
    readonly selectionSet: SelectionSetNode;
    readonly directives?: readonly unknown[] | undefined;
  }): Size {
    return withDirectives(ofSelections(node.selectionSet), node);
  }

  return ofNode;
}

function withDirectives(
  size: Size,
  { directives }: { readonly directives?: readonly unknown[] | undefined },
): Size {
  const own = directives?.length ?? 0;
  return own === 0 ? size : { ...size, directives: size.directives + own };
}

function together(one: Size, other: Size): Size {
  return {
    depth: Math.max(one.depth, other.depth),
    fields: one.fields + other.fields,
    aliases: one.aliases + other.aliases,
    directives: one.directives + other.directives,
  };
}
