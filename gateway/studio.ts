/**
 * Publishes the subgraphs' schemas to Apollo Studio through its Platform API, so that Studio can
 * show and explore the graph. Only ever called when someone asks for it.
 *
 * Source: Apollo GraphOS documentation, "Publish Schemas to GraphOS using the Platform API".
 */

import { z } from 'zod';
import { PlatformError } from '#platform/errors';

export interface StudioSubgraph {
  readonly name: string;
  readonly sdl: string;
  /** Where a router would reach it. */
  readonly url: string;
}

export interface StudioPublication {
  /** Of APOLLO_KEY. */
  readonly key: string;
  /** Of APOLLO_GRAPH_REF: `graph@variant`, the variant `current` when left out. */
  readonly graphRef: string;
  readonly subgraphs: readonly StudioSubgraph[];
  /** What this version of the schema is called, such as a commit. */
  readonly revision: string;
  readonly endpoint?: string;
  /** Replaced by tests; the platform's own otherwise. */
  readonly fetch?: typeof fetch;
}

export interface PublishedSubgraph {
  readonly name: string;
  readonly wasCreated: boolean;
  /** True when the composed supergraph changed with it. */
  readonly wasComposed: boolean;
  /** Why Studio could not compose what it now has; empty when it could. */
  readonly problems: readonly string[];
  readonly launchUrl: string | null;
}

const STUDIO = 'https://api.apollographql.com/api/graphql';
const TIMEOUT_MS = 30_000;
const DEFAULT_VARIANT = 'current';

const PUBLISH = `mutation PublishSubgraph(
  $graphId: ID!, $variant: String!, $name: String!, $url: String,
  $revision: String!, $schema: PartialSchemaInput!
) {
  graph(id: $graphId) {
    publishSubgraph(
      graphVariant: $variant, name: $name, url: $url,
      revision: $revision, activePartialSchema: $schema
    ) {
      wasCreated
      updatedGateway
      launchUrl
      errors { message code }
    }
  }
}`;

const answerShape = z.object({
  data: z
    .object({
      graph: z
        .object({
          publishSubgraph: z
            .object({
              wasCreated: z.boolean(),
              updatedGateway: z.boolean(),
              launchUrl: z.string().nullish(),
              errors: z.array(z.object({ message: z.string() }).nullable()).nullish(),
            })
            .nullish(),
        })
        .nullish(),
    })
    .nullish(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
});

/**
 * One after the other, in the order given. Throws when Studio does not answer, refuses the key or
 * does not know the graph; problems of composition come back with the subgraph.
 */
export async function publishToStudio(
  publication: StudioPublication,
): Promise<readonly PublishedSubgraph[]> {
  const published: PublishedSubgraph[] = [];
  for (const subgraph of publication.subgraphs) {
    published.push(await publishOne(subgraph, publication));
  }
  return published;
}

async function publishOne(
  { name, sdl, url }: StudioSubgraph,
  publication: StudioPublication,
): Promise<PublishedSubgraph> {
  const [graphId, variant = DEFAULT_VARIANT] = publication.graphRef.split('@');
  const { revision } = publication;
  const variables = { graphId, variant, name, url, revision, schema: { sdl } };
  const answer = await post({ query: PUBLISH, variables }, publication);
  const parsed = answerShape.safeParse(answer);
  if (!parsed.success) throw unavailable('its answer was none we know', parsed.error);
  const outcome = parsed.data.data?.graph?.publishSubgraph;
  if (!outcome) {
    const reasons = parsed.data.errors?.map(({ message }) => message).join('; ');
    throw unavailable(reasons ?? `it knows no graph ${publication.graphRef} of this key`);
  }
  return {
    name,
    wasCreated: outcome.wasCreated,
    wasComposed: outcome.updatedGateway,
    problems: (outcome.errors ?? []).flatMap((error) => (error ? [error.message] : [])),
    launchUrl: outcome.launchUrl ?? null,
  };
}

async function post(
  body: object,
  { key, endpoint = STUDIO, fetch: send = fetch }: StudioPublication,
): Promise<unknown> {
  try {
    const response = await send(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': key,
        'apollographql-client-name': 'plumbline',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return await response.json();
  } catch (error) {
    throw unavailable('it does not answer', error);
  }
}

function unavailable(why: string, cause?: unknown): PlatformError {
  return new PlatformError('UPSTREAM_UNAVAILABLE', `Apollo Studio took nothing: ${why}`, { cause });
}
