/**
 * A backtest as its user has it: asked for by GraphQL, followed to its end by the subscription, and
 * read. Through the schema of baskets in this process, without the gateway.
 */

import { graphql, parse, subscribe } from 'graphql';
import postgres, { type Sql } from 'postgres';
import { scopesOf } from '#kernel/roles';
import { readConfig } from '#platform/config';
import { silentLogger } from '#platform/logger';
import { openParts } from '#platform/parts';
import type { RequestContext } from '#platform/request-context';
import type { Subgraph } from '#platform/subgraph';
import { buildBaskets } from '../../subgraphs/baskets/main.ts';
import { withFreshDatabase } from '../fresh-database.ts';
import { type Figure, median } from '../report.ts';

const NAMES = 500;
const FROM = '2009-01-05';
const TO = '2023-06-30';
const REQUEST_LIMIT_MS = 60_000;

interface Taken {
  readonly cold: number[];
  readonly pricesCached: number[];
  readonly resultCached: number[];
}

export function measureEndToEnd({ rounds }: { readonly rounds: number }) {
  return withFreshDatabase(async (databaseUrl): Promise<readonly Figure[]> => {
    const owner = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
    await insertMarket(owner);
    const taken: Taken = { cold: [], pricesCached: [], resultCached: [] };
    for (let round = 0; round < rounds; round++) {
      await owner`delete from baskets.backtest_result`;
      await owner`delete from baskets.data_snapshot`;
      await measureProcess(databaseUrl, taken, round);
    }
    await owner.end();
    return figuresOf(taken);
  });
}

/** What a process finds that has just been started: no prices in memory, no threads. */
async function measureProcess(databaseUrl: string, taken: Taken, round: number): Promise<void> {
  const config = readConfig({ FEED: 'none', VENDORS: 'none' });
  const parts = await openParts({ config, databaseUrl, logger: silentLogger });
  const subgraph = buildBaskets(parts);
  await subgraph.start();
  const ask = async (text: string, costBps: number) => {
    const code = `${text}${round}`;
    await createBasket(subgraph, code);
    return timed(() => backtest(subgraph, { code, costBps }));
  };
  taken.cold.push(await ask('COLD', 10));
  taken.pricesCached.push(await ask('WARM', 11));
  taken.resultCached.push(await ask('SAME', 11));
  await subgraph.stop();
  await parts.close();
}

function figuresOf(taken: Taken): readonly Figure[] {
  const what = `15 years x ${NAMES} names, monthly, 10 bps, through GraphQL`;
  const figure = (how: string, values: readonly number[], target?: string): Figure => ({
    what: `${what}: ${how}`,
    value: median(values),
    unit: 'ms',
    ...(target === undefined ? {} : { target }),
  });
  return [
    figure('cold, threads not yet started', taken.cold, 'below 5,000, aim 2,000'),
    figure('prices in memory', taken.pricesCached, 'below 1,000, aim 300'),
    figure('equal inputs', taken.resultCached),
  ];
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
}

const CREATE = `mutation ($input: CreateBasketInput!) { createBasket(input: $input) {
  ... on BasketCommandRefused { reason message } } }`;
const TRIGGER = `mutation ($input: TriggerBacktestInput!) { triggerBacktest(input: $input) {
  ... on BasketCommandAccepted { basket { backtests(first: 1) { edges { node { id } } } } }
  ... on BasketCommandRefused { reason message } } }`;
const READ = `query ($id: ID!) { backtest(id: $id) { status error inputsHash warnings
  metrics { name value convention undefinedReason } benchmarkMetrics { name value }
  levels { date level benchmarkLevel } drawdowns { depth peak trough }
  monthlyReturns { period value } } }`;

async function createBasket(subgraph: Subgraph, code: string): Promise<void> {
  const constituents = Array.from({ length: NAMES }, (_, name) => ({ symbol: `N${name + 1}` }));
  const input = { code, name: code, currency: 'USD', weighting: 'EQUAL', constituents };
  const answer = JSON.stringify(await ask(subgraph, CREATE, { input }));
  if (answer.includes('reason')) throw new Error(answer);
}

/** From the mutation to the answer with everything in it; the basket is there before. */
async function backtest(
  subgraph: Subgraph,
  { code, costBps }: { readonly code: string; readonly costBps: number },
): Promise<void> {
  const input = { code, from: FROM, to: TO, rebalance: 'MONTHLY', benchmarkSymbol: 'BENCH' };
  const trigger = () => ask(subgraph, TRIGGER, { input: { ...input, costBps: String(costBps) } });
  const answer = JSON.stringify(await trigger());
  const [, id] = /"id":"(bt_[^"]+)"/.exec(answer) ?? [];
  if (id === undefined) throw new Error(answer);
  const document = parse(`subscription { backtestProgress(id: "${id}") { status progress } }`);
  const contextValue = subgraph.createContext(requestOf());
  const stream = await subscribe({ schema: subgraph.schema, document, contextValue });
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
  let told = 0;
  for await (const event of stream) told += event.errors === undefined ? 1 : 0;
  const found = JSON.stringify(await ask(subgraph, READ, { id }));
  if (told === 0 || !found.includes('COMPLETED')) throw new Error(found.slice(0, 500));
}

async function ask(subgraph: Subgraph, source: string, variableValues: Record<string, unknown>) {
  const contextValue = subgraph.createContext(requestOf());
  const { schema } = subgraph;
  const { data, errors } = await graphql({ schema, source, variableValues, contextValue });
  if (errors?.[0]) throw errors[0];
  return data;
}

function requestOf(): RequestContext {
  const roles = ['portfolio_manager'] as const;
  return {
    identity: { user: 'bench', roles, scopes: scopesOf(roles), isService: false },
    correlationId: 'bench',
    deadlineAtMs: Date.now() + REQUEST_LIMIT_MS,
    signal: new AbortController().signal,
  };
}

/** Prices of weekdays without pattern, by SQL: 1.9 million, and those of a benchmark. */
async function insertMarket(owner: Sql): Promise<void> {
  await owner`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    select 'ins_' || s, s, s, 'EQUITY', 'USD' from (
      select 'N' || n as s from generate_series(1, ${NAMES}::int) n
      union all select 'BENCH') every_name`;
  await owner`
    insert into market_data.price_series
      (instrument_id, source, interval, is_adjusted, is_preferred)
    select instrument_id, 'bench', 'DAY_1', true, true from market_data.instrument`;
  await owner`select setseed(0.2011)`;
  await owner`
    insert into market_data.price_bar (series_id, business_date, open, close)
    select s.series_id, d::date, p.price, p.price
    from generate_series(${FROM}::text::date, ${TO}::text::date, '1 day') d
    cross join market_data.price_series s
    cross join lateral (
      select (1e8 * (50 + s.series_id + 10 * random()))::bigint as price where d is not null) p
    where extract(isodow from d) < 6`;
  await owner`vacuum analyze market_data.price_bar`;
}
