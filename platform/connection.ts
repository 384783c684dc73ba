/** Relay connections: opaque cursors and pages, the same for every list of the platform. */

import { PlatformError } from './errors.ts';
import { isStorableText } from './graphql/storable-text.ts';

/** Largest `first` of any list unless its description states another. */
export const MAX_PAGE_SIZE = 500;

/** The arguments as GraphQL hands them over. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

export interface PageOptions {
  /** Name of the list, unique in its subgraph: a cursor of another one is refused. */
  readonly list: string;
  readonly defaultFirst: number;
  /** Parts of the sort key. */
  readonly keyParts: number;
  readonly maxFirst?: number;
}

export interface PageRequest extends Pick<PageOptions, 'list'> {
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
  { list, defaultFirst, keyParts, maxFirst = MAX_PAGE_SIZE }: PageOptions,
): PageRequest {
  const size = first ?? defaultFirst;
  if (size < 1 || size > maxFirst) {
    throw new PlatformError('BAD_USER_INPUT', `first: expected 1 to ${maxFirst}, was ${size}`, {
      details: { limit: 'MAX_PAGE_SIZE' },
    });
  }
  if (after === null || after === undefined) return { list, first: size, after: undefined };
  const [named, ...key] = partsOf(after);
  if (named !== list || key.length !== keyParts) {
    throw new PlatformError('BAD_USER_INPUT', `after: expected a cursor of this list, ${list}`);
  }
  return { list, first: size, after: key };
}

/** `rows` hold one row more than `page.first` when there is a next page. */
export function connectionOf<Row, Node = Row>(
  rows: readonly Row[],
  page: PageRequest,
  { keyOf, nodeOf }: { keyOf: (row: Row) => readonly string[]; nodeOf: (row: Row) => Node },
): Connection<Node> {
  const edges = rows
    .slice(0, page.first)
    .map((row) => ({ node: nodeOf(row), cursor: cursorOf([page.list, ...keyOf(row)]) }));
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

function cursorOf(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Empty for what is no cursor of ours. */
function partsOf(cursor: string): readonly string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) && parts.every(isStorableText) ? parts : [];
  } catch {
    return [];
  }
}
