/** Operations that are asked for by the id they are registered under, in place of their text. */

import { GraphQLError } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { z } from 'zod';
import { parseJson } from '#platform/http/request-body';
import type { Safelist } from './safelist.ts';

const MAX_SHOWN = 100;

const id = z.string().min(1).max(200).nullish();
const asking = z.object({
  documentId: id,
  extensions: z
    .object({ documentId: id, persistedQuery: z.object({ sha256Hash: id }).nullish() })
    .nullish(),
});

/** The text a message stands for: its own, or the one registered under the id it names. */
export function textAsked(message: SubscribePayload, safelist: Safelist): string | GraphQLError {
  const id = idIn(message);
  if (message.query.trim() !== '' || id === undefined) return message.query;
  return safelist.textOf(id) ?? notFound(id);
}

interface HttpRequest {
  readonly search: string;
  readonly body: unknown;
}

/**
 * The same for HTTP: in a body, or in the parameters of a GET. An id that is not registered is left
 * to Apollo Server, which may have seen its text before, and says so when it has not.
 */
export function withRegisteredText(asked: HttpRequest, safelist: Safelist): HttpRequest {
  const { search, body } = asked;
  if (isRecord(body)) {
    const id = idIn(body);
    if (id === undefined || !isBlank(body['query'])) return asked;
    return { search, body: { ...body, ...standIn(id, body['extensions'], safelist) } };
  }
  const params = new URLSearchParams(search);
  const extensions = parseJson(params.get('extensions') ?? '');
  const id = idIn({ documentId: params.get('documentId'), extensions });
  if (id === undefined || !isBlank(params.get('query'))) return asked;
  const { query, extensions: rest } = standIn(id, extensions, safelist);
  if (query === undefined) params.delete('query');
  else params.set('query', query);
  params.set('extensions', JSON.stringify(rest));
  return { search: `?${params.toString()}`, body };
}

function standIn(id: string, extensions: unknown, safelist: Safelist) {
  const { persistedQuery: _found, ...others } = isRecord(extensions) ? extensions : {};
  const query = safelist.textOf(id);
  if (query !== undefined) return { query, extensions: others };
  const persistedQuery = { version: 1, sha256Hash: id.replace(/^sha256:/, '') };
  return { query, extensions: { ...others, persistedQuery } };
}

/** As `documentId` of the persisted documents of GraphQL over HTTP, or Apollo's extension. */
function idIn(message: object): string | undefined {
  const read = asking.safeParse(message);
  if (!read.success) return undefined;
  const { documentId, extensions } = read.data;
  return (
    documentId ?? extensions?.documentId ?? extensions?.persistedQuery?.sha256Hash ?? undefined
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBlank(query: unknown): boolean {
  return query === undefined || query === null || (typeof query === 'string' && !query.trim());
}

function notFound(id: string): GraphQLError {
  const message = `PersistedQueryNotFound: nothing is registered as ${id.slice(0, MAX_SHOWN)}`;
  return new GraphQLError(message, { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } });
}
