// Prices by SQL, and backtests by GraphQL, for tests of baskets.

import type { Sql } from 'postgres';
import type { BasketsWorld } from './baskets-world.ts';

export const TRIGGER = /* GraphQL */ `
  mutation ($input: TriggerBacktestInput!) {
    triggerBacktest(input: $input) {
      ... on BasketCommandAccepted {
        basket {
          state
          backtests(first: 1) {
            edges {
              node {
                id
                status
              }
            }
          }
        }
      }
      ... on BasketCommandRefused {
        reason
        message
      }
    }
  }
`;

export interface BacktestAnswer {
  readonly id: string;
  readonly status: string;
  readonly progress: number;
  readonly error: string | null;
  readonly inputsHash: string;
  readonly sameAs: string | null;
  readonly warnings: readonly string[];
  readonly metrics: readonly {
    readonly name: string;
    readonly value: number | null;
    readonly convention: string;
    readonly undefinedReason: string | null;
  }[];
}

const FIELDS = `id status progress error inputsHash sameAs warnings
  metrics { name value convention undefinedReason }`;

/** Adds a series of weekday closes to each symbol, the first on `from`; null for no close. */
export async function addCloses(
  owner: Sql,
  from: string,
  closesBySymbol: Readonly<Record<string, readonly (number | null)[]>>,
): Promise<void> {
  const dates = weekdays(from, Math.max(...Object.values(closesBySymbol).map((c) => c.length)));
  for (const [symbol, closes] of Object.entries(closesBySymbol)) {
    await owner`
      insert into market_data.price_series
        (instrument_id, source, interval, is_adjusted, is_preferred)
      values (${`ins_${symbol}`}, 'test', 'DAY_1', true, true)
      on conflict do nothing`;
    const bars = closes.flatMap((close, index) =>
      close === null ? [] : { date: dates[index] ?? '', close: String(Math.round(close * 1e8)) },
    );
    await owner`
      insert into market_data.price_bar (series_id, business_date, open, close)
      select s.series_id, b.date::date, b.close::bigint, b.close::bigint
      from market_data.price_series s
      cross join unnest(${bars.map(({ date }) => date)}::text[],
        ${bars.map(({ close }) => close)}::text[]) as b(date, close)
      where s.instrument_id = ${`ins_${symbol}`} and s.source = 'test'
      on conflict (series_id, business_date) do update set close = excluded.close`;
  }
}

export function weekdays(from: string, count: number): readonly string[] {
  const found: string[] = [];
  for (let ms = Date.parse(from); found.length < count; ms += 86_400_000) {
    const day = new Date(ms);
    if (day.getUTCDay() % 6 > 0) found.push(day.toISOString().slice(0, 10));
  }
  return found;
}

/** Answers with the id, or throws what it was refused for. */
export async function trigger(
  world: BasketsWorld,
  input: Readonly<Record<string, unknown>>,
): Promise<string> {
  const answer = (await world.as('portfolio_manager').data(TRIGGER, { input })) as {
    readonly triggerBacktest: {
      readonly reason?: string;
      readonly message?: string;
      readonly basket?: { backtests: { edges: readonly { readonly node: { id: string } }[] } };
    };
  };
  const { basket, reason, message } = answer.triggerBacktest;
  const id = basket?.backtests.edges[0]?.node.id;
  if (id === undefined) throw new Error(`${reason}: ${message}`);
  return id;
}

export async function findBacktest(world: BasketsWorld, id: string): Promise<BacktestAnswer> {
  const document = `query ($id: ID!) { backtest(id: $id) { ${FIELDS} } }`;
  const found = (await world.as('viewer').data(document, { id })) as { backtest: BacktestAnswer };
  return found.backtest;
}

/** What the subscription tells until it ends. */
export async function followed(world: BasketsWorld, id: string): Promise<BacktestAnswer[]> {
  const told: BacktestAnswer[] = [];
  const stream = await world.subscribe(
    `subscription { backtestProgress(id: "${id}") { ${FIELDS} } }`,
  );
  for await (const event of stream) {
    const { data, errors } = event as {
      readonly data?: { readonly backtestProgress: BacktestAnswer };
      readonly errors?: readonly Error[];
    };
    if (errors?.[0]) throw errors[0];
    if (data) told.push(data.backtestProgress);
  }
  return told;
}

export async function finished(world: BasketsWorld, id: string): Promise<BacktestAnswer> {
  const last = (await followed(world, id)).at(-1);
  if (last === undefined) throw new Error('nothing was told of the backtest');
  return last;
}
