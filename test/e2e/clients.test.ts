/** Programs of partners: the clients they are written with, over real HTTP and WebSocket. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CombinedGraphQLErrors } from '@apollo/client';
import { gql } from '@urql/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectApollo } from '../clients/apollo-client.ts';
import {
  InstrumentPriceDocument,
  PositionWithLotsDocument,
  PriceTicksDocument,
  RecordTradesDocument,
  type TradeInput,
} from '../clients/documents.generated.ts';
import { followPositions, type PositionChange } from '../clients/follow-positions.ts';
import { connectGraphqlRequest } from '../clients/graphql-request-client.ts';
import { connectRegistered } from '../clients/registered-client.ts';
import { connectUrql } from '../clients/urql-client.ts';
import { type Balancer, startBalancer } from '../support/balancer.ts';
import { demoToken } from '../support/demo-token.ts';
import type { GraphqlClient } from '../support/graphql-client.ts';
import { startTestPlatform, type TestPlatform } from '../support/running-platform.ts';

let platform: TestPlatform;
let line: Balancer;
let feed: GraphqlClient;
const tokens = { viewer: '', trader: '', feed: '', partner: '' };
const open: (() => unknown)[] = [];
let ticks = 0;

beforeAll(async () => {
  const SAFELIST = join(import.meta.dirname, '../clients/persisted-documents.json');
  platform = await startTestPlatform({ VENDORS: 'none', SAFELIST, SAFELIST_ROLES: 'partner' });
  line = await startBalancer(Number(new URL(platform.url).port));
  for (const role of ['viewer', 'trader', 'feed', 'partner'] as const) {
    tokens[role] = await demoToken(platform.environment, role);
  }
  feed = await platform.as('feed');
  const manager = await platform.as('portfolio_manager');
  await manager.fetch(`mutation { upsertInstruments(input: { instruments: [
    { symbol: "AAPL", name: "Apple Inc.", assetClass: EQUITY, currency: "USD" }
    { symbol: "MSFT", name: "Microsoft", assetClass: EQUITY, currency: "USD" }
  ] }) { __typename } }`);
  await tick('AAPL', '187.50');
}, 60_000);
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
afterAll(async () => {
  await line.close();
  await platform.stop();
});

async function tick(symbol: string, price: string): Promise<void> {
  ticks += 1;
  const eventTime = new Date().toISOString();
  const tickInput = { symbol, price, eventTime, sourceSequence: String(ticks), source: 'test' };
  const { ingestTicks } = await feed.fetch<{ ingestTicks: { accepted: number } }>(
    `mutation ($ticks: [TickInput!]!) { ingestTicks(input: { ticks: $ticks }) { accepted } }`,
    { ticks: [{ ...tickInput, currency: 'USD' }] },
  );
  expect(ingestTicks).toEqual({ accepted: 1 });
}

/** A subscription starts some time after it was asked for: prices until one arrives. */
async function tickUntil(arrived: () => boolean): Promise<void> {
  await expect
    .poll(async () => {
      await tick('MSFT', (400 + (ticks % 5)).toFixed(2));
      return arrived();
    })
    .toBe(true);
}

function trade(tradeId: string, quantity: string, bookId = 'CLIENTS'): TradeInput {
  const effectiveDate = new Date().toISOString().slice(0, 10);
  const key = { bookId, accountId: 'FUND', symbol: 'AAPL' };
  return { ...key, tradeId, side: 'BUY', quantity, price: '187.12345678', effectiveDate };
}

const variables = { symbol: 'AAPL' };
const price = { value: '187.5', currency: 'USD' };

describe('Apollo Client 4', () => {
  const connect = (role: keyof typeof tokens) => {
    const { client, close } = connectApollo({ url: platform.url, token: () => tokens[role] });
    open.push(close);
    return client;
  };

  test('asks once and answers from its cache, entities by their id', async () => {
    const client = connect('viewer');
    const { data } = await client.query({ query: InstrumentPriceDocument, variables });
    expect(data?.instrument).toMatchObject({ name: 'Apple Inc.', latestPrice: price });
    const cached = await client.query({
      query: InstrumentPriceDocument,
      variables,
      fetchPolicy: 'cache-only',
    });
    expect(cached.data).toEqual(data);
    const id = data?.instrument?.id ?? '';
    expect(client.cache.extract()).toHaveProperty(`Instrument:{"id":"${id}"}`);
  });

  test('tells a field that was denied from one that is empty', async () => {
    const asked = connect('feed').query({
      query: PositionWithLotsDocument,
      variables: { key: { bookId: 'NONE', accountId: 'FUND', symbol: 'AAPL' } },
      errorPolicy: 'all',
    });
    const { data, error } = await asked;
    expect(data).toEqual({ position: null });
    expect(CombinedGraphQLErrors.is(error)).toBe(true);
    expect(error).toMatchObject({
      errors: [{ path: ['position'], extensions: { code: 'FORBIDDEN' } }],
    });
  });

  test('sees a token that is not accepted as an error with its code', async () => {
    const { client, close } = connectApollo({ url: platform.url, token: () => 'none' });
    open.push(close);
    const asked = client.query({ query: InstrumentPriceDocument, variables });
    await expect(asked).rejects.toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  test('sends subscriptions over the WebSocket, with the same token', async () => {
    const seen: string[] = [];
    const symbols = ['MSFT'];
    const stream = connect('viewer').subscribe({
      query: PriceTicksDocument,
      variables: { symbols },
    });
    const following = stream.subscribe(({ data }) => {
      seen.push(data?.priceTicks.symbol ?? '');
    });
    await tickUntil(() => seen.length > 0);
    following.unsubscribe();
    expect(new Set(seen)).toEqual(new Set(['MSFT']));
  });
});

describe('urql 6', () => {
  const connect = () => {
    const { client, close } = connectUrql({ url: platform.url, token: () => tokens.trader });
    open.push(close);
    return client;
  };

  test('records a trade, and the same one again is a duplicate', async () => {
    const client = connect();
    const trades = [trade('URQL-1', '10')];
    const first = await client.mutation(RecordTradesDocument, { trades });
    expect(first.error).toBeUndefined();
    expect(first.data?.recordTrades.results).toMatchObject([
      { __typename: 'TradeRecorded', duplicate: false, position: { quantity: '10' } },
    ]);
    const again = await client.mutation(RecordTradesDocument, { trades });
    expect(again.data?.recordTrades.results).toMatchObject([{ duplicate: true }]);
  });

  test('shows a document that cannot run as an error of GraphQL, not of the network', async () => {
    const { error } = await connect().query(gql('{ nothing }'), {});
    expect(error?.networkError).toBeUndefined();
    expect(error?.graphQLErrors).toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
  });

  test('follows prices through its subscription exchange', async () => {
    const seen: string[] = [];
    const { unsubscribe } = connect()
      .subscription(PriceTicksDocument, { symbols: ['MSFT'] })
      .subscribe(({ data }) => seen.push(data?.priceTicks.price ?? ''));
    await tickUntil(() => seen.length > 0);
    unsubscribe();
    expect(Number(seen[0])).toBeGreaterThanOrEqual(400);
  });
});

describe('graphql-request 7', () => {
  test('keeps exact decimals as text', async () => {
    const client = connectGraphqlRequest(platform.url, () => tokens.trader);
    await client.request(RecordTradesDocument, { trades: [trade('GR-1', '3', 'EXACT')] });
    const key = { bookId: 'EXACT', accountId: 'FUND', symbol: 'AAPL' };
    const { position } = await client.request(PositionWithLotsDocument, { key });
    expect(position).toMatchObject({
      quantity: '3',
      costBasis: { amount: '561.37037034' },
      instrument: { name: 'Apple Inc.' },
      lots: [{ unitCost: '187.12345678' }],
    });
  });

  test('has data and errors side by side', async () => {
    const client = connectGraphqlRequest(platform.url, () => tokens.feed);
    const answer = await client.rawRequest(`{ instrument(symbol: "AAPL") { name }
      position(key: { bookId: "B", accountId: "A", symbol: "AAPL" }) { id } }`);
    expect(answer.data).toEqual({ instrument: { name: 'Apple Inc.' }, position: null });
    expect(answer.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });
});

describe('GW-4 GW-7 a program of a partner, bound to registered operations', () => {
  const connect = () => {
    const client = connectRegistered({ url: platform.url, token: () => tokens.partner });
    open.push(client.close);
    return client;
  };

  test('asks by hash', async () => {
    const { data, errors } = await connect().ask(InstrumentPriceDocument, variables);
    expect(errors).toBeUndefined();
    expect(data?.instrument).toMatchObject({ name: 'Apple Inc.', latestPrice: price });
  });

  test('subscribes by hash', async () => {
    const seen: string[] = [];
    const stream = connect().follow(PriceTicksDocument, { symbols: ['MSFT'] });
    const reading = stream.next().then(({ value }) => seen.push(value?.data?.priceTicks.symbol));
    await tickUntil(() => seen.length > 0);
    await reading;
    await stream.return?.();
    expect(seen).toEqual(['MSFT']);
  });

  test('is refused other texts; a registered text is as good as its hash', async () => {
    const client = connectGraphqlRequest(platform.url, () => tokens.partner);
    const other = await client.rawRequest('{ __typename }').catch((error: unknown) => error);
    expect(other).toMatchObject({
      response: { status: 403, errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    });
    const manifest = join(import.meta.dirname, '../clients/persisted-documents.json');
    const texts = Object.values(JSON.parse(readFileSync(manifest, 'utf8')) as object) as string[];
    const text = texts.find((each) => each.startsWith('query InstrumentPrice')) ?? '';
    expect(await client.request(text, variables)).toMatchObject({ instrument: { symbol: 'AAPL' } });
  });
});

describe('graphql-ws', () => {
  test('goes on after the line was cut, without a gap and without a repetition', async () => {
    const seen: PositionChange[] = [];
    let end: unknown;
    const following = followPositions({
      url: line.url,
      token: () => tokens.trader,
      bookId: 'RESUMED',
      after: null,
      onChange: (change) => seen.push(change),
      onEnd: (reason) => (end = reason),
    });
    open.push(following.close);
    const trader = connectGraphqlRequest(platform.url, () => tokens.trader);
    let booked = 0;
    const book = async () => {
      booked += 1;
      const trades = [trade(`WS-${booked}`, '1', 'RESUMED')];
      await trader.request(RecordTradesDocument, { trades });
    };
    await expect.poll(() => book().then(() => seen.length)).toBeGreaterThan(0);
    const first = seen[0]?.position.version ?? 0;
    for (let cut = 0; cut < 3; cut += 1) {
      line.cutSockets();
      await book();
      await book();
      await expect.poll(() => seen.at(-1)?.position.quantity).toBe(String(booked));
    }
    expect(seen.map(({ position }) => position.version)).toEqual(
      seen.map((_change, index) => first + index),
    );
    expect(end).toBeUndefined();
  });

  test('is told why when its token is not accepted, and does not try again', async () => {
    const end = new Promise((resolve) => {
      const following = followPositions({
        url: platform.url,
        token: () => 'none',
        bookId: 'RESUMED',
        after: null,
        onChange: () => undefined,
        onEnd: resolve,
      });
      open.push(following.close);
    });
    expect(await end).toMatchObject({ code: 4403 });
  });
});
