// The life cycle of baskets over a database of its own: people by name, a clock by hand, no
// workers.

import { graphql } from 'graphql';
import postgres, { type Sql } from 'postgres';
import { Registry } from 'prom-client';
import { type Role, scopesOf } from '#kernel/roles';
import { createInProcessBroadcast } from '#platform/broadcast/in-process-broadcast';
import { createInProcessCache } from '#platform/cache/in-process-cache';
import { fixedClock } from '#platform/clock';
import type { VendorConfig } from '#platform/config';
import { createPostgresEventLog } from '#platform/event-log/postgres-event-log';
import { createPostgresLease } from '#platform/lease/postgres-lease';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import type { PlatformParts } from '#platform/subgraph';
import type { IndexCalendarRules } from '../../subgraphs/baskets/domain/basket-calendar.ts';
import type { Context, Deps } from '../../subgraphs/baskets/graphql/context.ts';
import { buildBaskets } from '../../subgraphs/baskets/main.ts';
import { createTestDatabase } from './database.ts';
import { requestOf } from './subgraph-client.ts';

/** Friday, before noon UTC. */
export const START_MS = Date.parse('2026-11-20T11:00:00Z');

export interface Outcome {
  readonly reason?: string;
  readonly message?: string;
  readonly basket?: { readonly state: string; readonly revision: number };
  readonly transition?: { readonly event: string; readonly from: string; readonly to: string };
}

export type BasketLifeWorld = Awaited<ReturnType<typeof openBasketLifeWorld>>;

/** Instruments A to C in dollars with closes of 2026; the calendar is that of weekdays. */
export async function openBasketLifeWorld({
  clock = fixedClock(START_MS),
  vendors = [],
  indexCalendar = { closeMinuteUtc: 22 * 60, days: 'WEEKDAYS' },
}: {
  readonly clock?: ReturnType<typeof fixedClock>;
  readonly vendors?: readonly VendorConfig[];
  readonly indexCalendar?: IndexCalendarRules;
} = {}) {
  const database = await createTestDatabase();
  const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined });
  await insertNames(owner);
  const sql = openPool({ url: database.url, maxConnections: 8, applicationName: 'life-test' });
  const logger = silentLogger;
  const eventLog = createPostgresEventLog({ sql, url: database.url, logger });
  const lease = createPostgresLease({ sql, logger });
  const broadcast = createInProcessBroadcast({ logger });
  let ids = 0;
  const parts = {
    sql,
    databaseUrl: database.url,
    eventLog,
    broadcast,
    cache: createInProcessCache(),
    lease,
    config: { indexCalendar, vendors },
    clock,
    newId: () => `id-${(ids += 1)}`,
    logger,
    metrics: new Registry(),
  } as unknown as PlatformParts;
  // Never started: nobody runs backtests or lists anything but the test.
  const subgraph = buildBaskets(parts);
  const contextOf = (user: string, ...roles: readonly Role[]) =>
    subgraph.createContext(
      requestOf({ user, roles, scopes: scopesOf(roles), isService: roles.includes('partner') }),
    ) as Context;
  const deps: Deps = contextOf('nobody').deps;

  return {
    sql,
    owner,
    clock,
    deps,
    parts,
    databaseUrl: database.url,
    ownerUrl: database.ownerUrl,
    /** Data of a query or mutation; throws its first error. */
    async ask(by: Person, source: string, variableValues: Record<string, unknown> = {}) {
      const contextValue = contextOf(by.user, ...by.roles);
      const { schema } = subgraph;
      const { data, errors } = await graphql({ schema, source, variableValues, contextValue });
      if (errors?.[0]) throw errors[0];
      return data as Record<string, unknown>;
    },
    /** One mutation that takes an input. */
    async command(by: Person, name: string, input: Record<string, unknown>): Promise<Outcome> {
      const type = INPUTS[name] ?? 'BasketCommandInput';
      const data = await this.ask(by, mutationOf(name, type), { input });
      return data[name] as Outcome;
    },
    async close() {
      await eventLog.close();
      await broadcast.close();
      await lease.close();
      await Promise.all([sql.end(), owner.end()]);
      await database.drop();
    },
  };
}

export interface Person {
  readonly user: string;
  readonly roles: readonly Role[];
}

const INPUTS: Readonly<Record<string, string>> = {
  createBasket: 'CreateBasketInput',
  editBasket: 'EditBasketInput',
  triggerBacktest: 'TriggerBacktestInput',
  rebalanceBasket: 'RebalanceBasketInput',
};

const mutationOf = (name: string, inputType: string) => /* GraphQL */ `
  mutation ($input: ${inputType}!) {
    ${name}(input: $input) {
      ... on BasketCommandAccepted {
        basket { state revision version { number status } }
        transition { number event from to actor onBehalfOf actorRoles }
      }
      ... on BasketCommandRefused { reason message }
    }
  }`;

async function insertNames(owner: Sql): Promise<void> {
  await owner`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    select 'ins_' || s, s, s, 'EQUITY', 'USD' from unnest(array['A', 'B', 'C']) s`;
  await owner`
    insert into market_data.price_series
      (instrument_id, source, interval, is_adjusted, is_preferred)
    select 'ins_' || s, 'test', 'DAY_1', false, true from unnest(array['A', 'B', 'C']) s`;
  await owner`
    insert into market_data.price_bar (series_id, business_date, close)
    select series_id, day, 100 * 100000000::bigint
    from market_data.price_series, generate_series('2026-01-05'::date, '2026-11-19', '1 day') day
    where extract(isodow from day) <= 5`;
}
