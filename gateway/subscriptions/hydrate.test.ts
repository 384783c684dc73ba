import { getOperationAST, parse } from 'graphql';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import type { GraphqlRequest } from '#platform/graphql/executor';
import type { Identity } from '#platform/request-context';
import { openFillStreams, SUBSCRIPTION } from '../../bench/hydrate/hydrate-subgraphs.ts';
import { readSupergraph } from '../access/access-rules.ts';
import { buildFederatedSchema } from '../federated-schema.ts';
import { createGatewayMetrics } from '../gateway-metrics.ts';
import type { Upstream, UpstreamRequest } from '../upstream/upstream.ts';
import { createHydrate } from './hydrate.ts';
import { createSubscriptionPlanner } from './subscription-plan.ts';

const document = parse(SUBSCRIPTION);
const operation = getOperationAST(document);
if (!operation) throw new Error('no operation');
const federated = buildFederatedSchema(readSupergraph(openFillStreams().supergraphSdl).sdl);

interface Asked {
  readonly service: string;
  readonly request: UpstreamRequest;
}

function hydration() {
  const asked: Asked[] = [];
  const upstreamOf = (service: string): Upstream => ({
    name: service,
    execute: async (request) => {
      asked.push({ service, request });
      const entities = representationsOf(request).map((each) => ({ ...each, name: service }));
      return { data: { _entities: entities } };
    },
    subscribe: () => Promise.reject(new Error('nobody subscribes')),
    close: async () => undefined,
  });
  if (!operation) throw new Error('no operation');
  const plan = createSubscriptionPlanner(federated)({ document, operation, key: 'fills' });
  const metrics = createGatewayMetrics(new Registry());
  const shared = { plan, document, operation, federated, dataSources: {}, upstreamOf, metrics };
  return { asked, create: (stream: number) => createHydrate({ ...shared, variables: { stream } }) };
}

function representationsOf({ variables }: GraphqlRequest): readonly { readonly id: string }[] {
  return variables?.['representations'] as readonly { readonly id: string }[];
}

const fill = (account: string) => {
  const of = (type: string, id: string) => ({ __typename: type, id });
  const places = { instrument: of('Instrument', 'i'), account: of('Account', account) };
  return {
    data: { orderFilled: { id: account, quantity: '1', price: '2', ...places, desk: null } },
  };
};

function contextOf(identity: Identity | null = null, abort = new AbortController()) {
  const request = { identity, correlationId: 'c', deadlineAtMs: Infinity, signal: abort.signal };
  return { transport: 'websocket' as const, request };
}

const nameOf = (result: unknown): unknown =>
  (JSON.parse(JSON.stringify(result)) as ReturnType<typeof fill> & { data: never }).data;

describe('events that wait at the same time', () => {
  test('share a call for each fetch, with each entity once', async () => {
    const { asked, create } = hydration();
    const events = ['a', 'b', 'a'].map((account, stream) =>
      create(stream)(fill(account), contextOf()),
    );
    const found = await Promise.all(events);
    const ids = asked.map(({ service, request }) => [
      service,
      representationsOf(request).map(({ id }) => id),
    ]);
    expect(ids.length).toBe(2);
    expect(Object.fromEntries(ids)).toEqual({ 'market-data': ['i'], positions: ['a', 'b'] });
    expect(found.map(nameOf)).toMatchObject(
      ['a', 'b', 'a'].map((id) => ({
        orderFilled: { id, account: { id, name: 'positions' }, desk: null },
      })),
    );
  });

  test('are asked for in a context of their own, which none of them aborts', async () => {
    const { asked, create } = hydration();
    const gone = new AbortController();
    const context = contextOf(null, gone);
    const both = [create(0)(fill('a'), context), create(1)(fill('b'), contextOf())];
    gone.abort();
    await Promise.all(both);
    await create(2)(fill('a'), contextOf());
    const contexts = asked.map(({ request }) => request.context);
    expect(contexts.some(({ signal }) => signal.aborted)).toBe(false);
    expect(new Set(contexts).size).toBe(asked.length);
    expect(contexts).not.toContain(context.request);
  });

  test('never share a call between identities', async () => {
    const { asked, create } = hydration();
    const [ann, bob] = ['ann', 'bob'].map((user): Identity => {
      return { user, roles: [], scopes: [], isService: false };
    });
    const events = [ann, bob, ann].map((identity, stream) =>
      create(stream)(fill('a'), contextOf(identity ?? null)),
    );
    await Promise.all(events);
    const users = asked
      .filter(({ service }) => service === 'positions')
      .map(({ request }) => request.context.identity?.user);
    expect(users).toEqual(['ann', 'bob']);
  });
});
