import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, graphql } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type PublishedSubgraph, publishToStudio } from '../../../gateway/studio.ts';
import { ask } from './ask.ts';
import { createSmallPlatform, startSmallGateway } from './small-platform.ts';

// The part of Apollo's Platform API that is used, after its published reference. An emulator: no
// test here speaks to Apollo.
const PLATFORM_API = buildSchema(`
  type Query { graph(id: ID!): Graph }
  type Graph { id: ID! }
  type Mutation { graph(id: ID!): GraphMutation }
  type GraphMutation {
    publishSubgraph(
      graphVariant: String!, name: String!, url: String, revision: String!,
      activePartialSchema: PartialSchemaInput!, gitContext: GitContextInput
    ): SubgraphPublicationResult
  }
  input PartialSchemaInput { sdl: String hash: String }
  input GitContextInput { branch: String commit: ID }
  type SubgraphPublicationResult {
    wasCreated: Boolean!
    updatedGateway: Boolean!
    launchUrl: String
    errors: [SchemaCompositionError]!
  }
  type SchemaCompositionError { message: String! code: String }
`);

interface Publication {
  readonly graphVariant: string;
  readonly name: string;
  readonly url: string;
  readonly revision: string;
  readonly activePartialSchema: { readonly sdl: string };
}

const received: (Publication & { key: string; graphId: string })[] = [];
let studio: Server;
let endpoint: string;
let brokenAnswer: string | undefined;

function rootFor(key: string) {
  return {
    graph: ({ id }: { id: string }) => {
      if (key !== 'service:plumb:secret') throw new Error('403: Forbidden');
      if (id !== 'plumb') return null;
      return {
        publishSubgraph: (publication: Publication) => {
          const isNew = received.every(({ name }) => name !== publication.name);
          received.push({ ...publication, key, graphId: id });
          const isBroken = publication.activePartialSchema.sdl.includes('Missing');
          const problem = { message: 'Unknown type "Missing".', code: 'INVALID_GRAPHQL' };
          return {
            wasCreated: isNew,
            updatedGateway: !isBroken,
            launchUrl: isBroken ? null : 'https://studio.example/launch/1',
            errors: isBroken ? [problem] : [],
          };
        },
      };
    },
  };
}

beforeAll(async () => {
  studio = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as {
        query: string;
        variables: Record<string, unknown>;
      };
      const rootValue = rootFor(String(request.headers['x-api-key']));
      graphql({ schema: PLATFORM_API, source: query, variableValues: variables, rootValue })
        .then((result) => response.end(brokenAnswer ?? JSON.stringify(result)))
        .catch((error: unknown) => response.destroy(error as Error));
    });
  });
  await new Promise<void>((resolve) => studio.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(studio.address() as AddressInfo).port}/api/graphql`;
});
afterAll(() => studio.close());
afterEach(() => {
  received.length = 0;
  brokenAnswer = undefined;
});

function publish(over: Partial<Parameters<typeof publishToStudio>[0]> = {}) {
  return publishToStudio({
    key: 'service:plumb:secret',
    graphRef: 'plumb@staging',
    revision: 'abc123',
    subgraphs: [
      { name: 'risk', sdl: 'type Query { risk: Int }', url: 'http://risk/graphql' },
      { name: 'orders', sdl: 'type Query { orders: Int }', url: 'http://orders/graphql' },
    ],
    endpoint,
    ...over,
  });
}

describe('GW-6 publishing schemas to Apollo Studio', () => {
  test('sends each subgraph with its SDL, URL, variant and revision', async () => {
    const created: PublishedSubgraph = {
      name: 'risk',
      wasCreated: true,
      wasComposed: true,
      problems: [],
      launchUrl: 'https://studio.example/launch/1',
    };
    expect(await publish()).toEqual([created, { ...created, name: 'orders' }]);
    expect(received).toMatchObject([
      {
        graphId: 'plumb',
        graphVariant: 'staging',
        name: 'risk',
        url: 'http://risk/graphql',
        revision: 'abc123',
        activePartialSchema: { sdl: 'type Query { risk: Int }' },
      },
      { name: 'orders' },
    ]);
    expect(await publish()).toMatchObject([{ wasCreated: false }, { wasCreated: false }]);
  });

  test('takes the variant current when the graph ref names none', async () => {
    await publish({ graphRef: 'plumb' });
    expect(received[0]?.graphVariant).toBe('current');
  });

  test('hands back what Studio could not compose', async () => {
    const subgraphs = [{ name: 'risk', sdl: 'type Query { a: Missing }', url: 'http://risk' }];
    expect(await publish({ subgraphs })).toMatchObject([
      { wasComposed: false, problems: ['Unknown type "Missing".'], launchUrl: null },
    ]);
  });

  test.each([
    ['a wrong key', { key: 'service:plumb:wrong' }, /403: Forbidden/],
    ['a graph it does not know', { graphRef: 'other@staging' }, /knows no graph other@staging/],
    ['nobody at the address', { endpoint: 'http://127.0.0.1:1/' }, /does not answer/],
  ])('fails for %s, saying so', async (_name, over, message) => {
    await expect(publish(over)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await expect(publish(over)).rejects.toThrow(message);
  });

  test('fails for an answer that is none', async () => {
    brokenAnswer = '[]';
    await expect(publish()).rejects.toThrow(/none we know/);
    brokenAnswer = '<html>';
    await expect(publish()).rejects.toThrow(/does not answer/);
  });
});

describe('GW-6 reporting usage to Apollo Studio', () => {
  const reports: { readonly path: string; readonly key: string }[] = [];
  let ingress: Server;
  let reportingUrl: string;

  beforeAll(async () => {
    ingress = createServer((request, response) => {
      reports.push({ path: request.url ?? '', key: String(request.headers['x-api-key']) });
      request.resume();
      response.end('{}');
    });
    await new Promise<void>((resolve) => ingress.listen(0, '127.0.0.1', resolve));
    reportingUrl = `http://127.0.0.1:${(ingress.address() as AddressInfo).port}`;
  });
  afterAll(() => ingress.close());

  async function reportedBy(apollo: { key: string | undefined; graphRef: string | undefined }) {
    reports.length = 0;
    const gateway = await startSmallGateway(createSmallPlatform(), {
      apollo: { ...apollo, reportingUrl },
    });
    await ask(gateway.url, '{ motto }');
    await gateway.stop();
    return reports;
  }

  test('happens with a key and a graph ref', async () => {
    const key = 'service:plumb:secret';
    expect(await reportedBy({ key, graphRef: 'plumb@staging' })).toEqual([
      { path: '/api/ingress/traces', key },
    ]);
  });

  test('does not happen without either of them', async () => {
    expect(await reportedBy({ key: undefined, graphRef: 'plumb@staging' })).toEqual([]);
    expect(await reportedBy({ key: 'service:plumb:secret', graphRef: undefined })).toEqual([]);
  });
});
