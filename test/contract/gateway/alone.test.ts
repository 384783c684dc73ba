import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, type GraphQLSchema, parse, subscribe } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from './ask.ts';
import { connect } from './socket-client.ts';
import { compose } from './small-platform.ts';

const ROOT = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'plumbline-alone-'));

// Specifications other than join: the gateway has to start on them, and take no notice.
const PRODUCTS = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
      "@key", "@tag", "@inaccessible", "@authenticated", "@requiresScopes", "@policy", "@cost",
      "@listSize", "@shareable", "@composeDirective"
    ])
    @link(url: "https://example.com/gilded/v1.0", import: ["@gilded"])
    @composeDirective(name: "@gilded")
  directive @gilded(by: String) on FIELD_DEFINITION
  type Query {
    products: [Product!]! @listSize(assumedSize: 3)
    secret: String @authenticated
    scoped: String @requiresScopes(scopes: [["a", "b"], ["c"]])
    ruled: String @policy(policies: [["p"]])
    hidden: String @inaccessible
  }
  type Mutation { add(name: String!): Product }
  type Subscription { added: Product! }
  type Product @key(fields: "id") {
    id: ID!
    name: String! @tag(name: "public") @gilded(by: "us") @cost(weight: 2)
  }
`;
const REVIEWS = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  type Product @key(fields: "id") { id: ID! stars: Int failing: String }
`;

const products = buildSubgraphSchema([
  {
    typeDefs: parse(PRODUCTS),
    resolvers: {
      Query: {
        products: () => [
          { id: '1', name: 'one' },
          { id: '2', name: 'two' },
        ],
        secret: () => 'secret',
        scoped: () => 'scoped',
        ruled: () => 'ruled',
      },
      Mutation: { add: (_: unknown, { name }: { name: string }) => ({ id: '3', name }) },
      Subscription: {
        added: {
          subscribe: async function* () {
            yield { added: { id: '1', name: 'one' } };
            yield { added: { id: '2', name: 'two' } };
          },
        },
      },
      Product: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `name ${id}` }) },
    },
  },
]);
const reviews = buildSubgraphSchema([
  {
    typeDefs: parse(REVIEWS),
    resolvers: {
      Product: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        stars: ({ id }: { id: string }) => Number(id) * 2,
        failing: () => {
          throw new Error('out of stars');
        },
      },
    },
  },
]);

const servers: Server[] = [];
let gateway: ChildProcess;
let url: string;

/** A plain graphql-over-HTTP server, as any third party may have, with graphql-ws beside it. */
async function serve(schema: GraphQLSchema): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        query: string;
        variables?: Record<string, unknown>;
      };
      const document = parse(body.query);
      Promise.resolve(execute({ schema, document, variableValues: body.variables ?? null }))
        .then((result) => {
          response.setHeader('content-type', 'application/json');
          return response.end(JSON.stringify(result));
        })
        .catch((error: unknown) => response.destroy(error as Error));
    });
  });
  useServer({ schema, subscribe, execute }, new WebSocketServer({ server, path: '/graphql' }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'gateway/main.ts', ...args], {
    cwd: ROOT,
    env: { PATH: '/usr/bin:/bin', LOG_LEVEL: 'warn' },
  });
}

beforeAll(async () => {
  const supergraph = join(folder, 'supergraph.graphql');
  const services = [
    { name: 'products', typeDefs: parse(PRODUCTS), url: await serve(products) },
    { name: 'reviews', typeDefs: parse(REVIEWS), url: await serve(reviews) },
  ];
  writeFileSync(supergraph, compose(services));
  gateway = start(['--supergraph', supergraph, '--port', '0']);
  const lines = createInterface({ input: gateway.stdout ?? process.stdin });
  const [line] = (await once(lines, 'line')) as [string];
  url = /^Gateway ready at (\S+)$/.exec(line)?.[1] ?? '';
}, 30_000);

afterAll(() => {
  gateway.kill('SIGKILL');
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('the gateway alone, against a supergraph that is not ours', () => {
  test('answers queries and mutations over both subgraphs, rules switched off', async () => {
    const query = 'query ($n: String!) { products { id name stars } secret scoped ruled }';
    expect((await ask(url, query, { variables: { n: 'x' } })).status).toBe(400);
    expect((await ask(url, '{ products { id name stars } secret scoped ruled }')).data).toEqual({
      products: [
        { id: '1', name: 'one', stars: 2 },
        { id: '2', name: 'two', stars: 4 },
      ],
      secret: 'secret',
      scoped: 'scoped',
      ruled: 'ruled',
    });
    const added = await ask(url, 'mutation ($n: String!) { add(name: $n) { name stars } }', {
      variables: { n: 'three' },
    });
    expect(added.data).toEqual({ add: { name: 'three', stars: 6 } });
    const hidden = await ask(url, '{ hidden }');
    expect(hidden.errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  });

  test('passes the errors of a subgraph on, and names it', async () => {
    const { data, errors } = await ask(url, '{ products { id failing } }');
    expect(data).toEqual({
      products: [
        { id: '1', failing: null },
        { id: '2', failing: null },
      ],
    });
    expect(errors).toMatchObject([
      { path: ['products', 0, 'failing'], extensions: { service: 'reviews' } },
      { path: ['products', 1, 'failing'], message: 'out of stars' },
    ]);
  });

  test('streams a subscription with fields of the other subgraph', async () => {
    const socket = await connect(url);
    socket.subscribe('1', 'subscription { added { name stars } }');
    expect(await socket.frame('1')).toEqual({ data: { added: { name: 'one', stars: 2 } } });
    expect(await socket.frame('1')).toEqual({ data: { added: { name: 'two', stars: 4 } } });
    expect(await socket.next()).toEqual({ type: 'complete', id: '1' });
    socket.close();
  });

  test('stops when told to, with nothing left behind', async () => {
    const exited = once(gateway, 'exit');
    gateway.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});

describe('what cannot be served', () => {
  const broken = join(folder, 'broken.graphql');
  writeFileSync(broken, 'type Query {');
  const plain = join(folder, 'plain.graphql');
  writeFileSync(plain, 'type Query { a: Int }');

  test.each([
    ['a file that is not there', ['--supergraph', join(folder, 'none.graphql')], /readable file/],
    ['a file that does not parse', ['--supergraph', broken], /is none \(Syntax Error/],
    ['a schema that is no supergraph', ['--supergraph', plain], /is none/],
  ])(
    '%s is said in one sentence, exit code 1',
    async (_name, args, expected) => {
      const child = start(args);
      let text = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      const [code] = (await once(child, 'close')) as [number];
      expect(code).toBe(1);
      expect(text).toMatch(expected);
      expect(text.trim().split('\n')).toHaveLength(1);
    },
    20_000,
  );
});
