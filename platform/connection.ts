/** Relay connections: opaque cursors and pages, the same for every list of the platform. */

import { PlatformError } from './errors.ts';

/** Largest `first` of any list unless its description states another. */
export const MAX_PAGE_SIZE = 500;

/** The arguments as GraphQL hands them over. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

export interface PageRequest {
  readonly first: number;
  /** The sort key of the edge to start after, in parts; undefined for the start. */
  readonly after: readonly string[] | undefined;
}

export interface Connection<Node> {
  readonly edges: readonly { readonly node: Node; readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** Throws BAD_USER_INPUT on a page size out of range, or a cursor that is not one of this list. */
export function pageRequest(
  { first, after }: PageArguments,
  options: { readonly defaultFirst: number; readonly keyParts: number; readonly maxFirst?: number },
): PageRequest {
  const size = first ?? options.defaultFirst;
  const maxFirst = options.maxFirst ?? MAX_PAGE_SIZE;
  if (size < 1 || size > maxFirst) {
    throw new PlatformError('BAD_USER_INPUT', `first: expected 1 to ${maxFirst}, was ${size}`, {
      details: { limit: 'MAX_PAGE_SIZE' },
    });
  }
  if (after === null || after === undefined) return { first: size, after: undefined };
  const key = keyOf(after);
  if (key?.length !== options.keyParts) {
    throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
  }
  return { first: size, after: key };
}

/** `rows` hold one row more than `page.first` when there is a next page. */
export function connectionOf<Row, Node = Row>(
  rows: readonly Row[],
  page: PageRequest,
  { keyOf, nodeOf }: { keyOf: (row: Row) => readonly string[]; nodeOf: (row: Row) => Node },
): Connection<Node> {
  const edges = rows
    .slice(0, page.first)
    .map((row) => ({ node: nodeOf(row), cursor: cursorOf(keyOf(row)) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > page.first,
      hasPreviousPage: page.after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function cursorOf(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function keyOf(cursor: string): readonly string[] | undefined {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(key) && key.every((part) => typeof part === 'string') ? key : undefined;
  } catch {
    return undefined;
  }
}
