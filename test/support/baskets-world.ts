// Baskets alone over a database of their own: names, rates, ticks by hand, and restarts.

import { parse, subscribe } from 'graphql';
import postgres, { type Sql } from 'postgres';
import { Registry } from 'prom-client';
import { expect } from 'vitest';
import type { Role } from '#kernel/roles';
import {
  ACCEPTED_TICKS_CHANNEL,
  type AcceptedTick,
  acceptedTick,
  lastPriceKey,
} from '#kernel/topics/accepted-ticks';
import { createInProcessBroadcast } from '#platform/broadcast/in-process-broadcast';
import { createInProcessCache } from '#platform/cache/in-process-cache';
import { systemClock } from '#platform/clock';
import { createPostgresEventLog } from '#platform/event-log/postgres-event-log';
import { createPostgresLease } from '#platform/lease/postgres-lease';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import type { PlatformParts, Subgraph } from '#platform/subgraph';
import { buildBaskets } from '../../subgraphs/baskets/main.ts';
import { createTestDatabase } from './database.ts';
import { clientOf, identityOf, requestOf, type SubgraphClient } from './subgraph-client.ts';

export interface BasketsWorld {
  readonly sql: Sql;
  /** With the rights of the owner. */
  readonly owner: Sql;
  readonly parts: PlatformParts;
  subgraph(): Subgraph;
  as(...roles: readonly Role[]): SubgraphClient;
  /** Events of a subscription by a viewer. */
  subscribe(document: string): Promise<AsyncIterableIterator<unknown>>;
  /** As market data does it: into the cache, then to whoever listens. */
  tick(symbol: string, price: string, changes?: Partial<AcceptedTick>): Promise<void>;
  /** Stops the subgraph and starts one that knows only what is stored. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const CREATE_BASKET = /* GraphQL */ `
  mutation ($input: CreateBasketInput!) {
    createBasket(input: $input) {
      ...Outcome
    }
  }
  fragment Outcome on BasketCommandResult {
    ... on BasketCommandAccepted {
      basket {
        id
        code
        state
        version {
          number
          hash
        }
      }
      transition {
        number
        event
        from
        to
      }
    }
    ... on BasketCommandRefused {
      found: basket {
        code
      }
      reason
      message
    }
  }
`;

let ticks = 0;

/** Instruments A to F in dollars, P in euros; one euro is 1.25 dollars. */
export async function openBasketsWorld(): Promise<BasketsWorld> {
  const database = await createTestDatabase();
  const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined });
  await owner`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    select 'ins_' || s, s, s, 'EQUITY', case s when 'P' then 'EUR' else 'USD' end
    from unnest(array['A', 'B', 'C', 'D', 'E', 'F', 'P']) s`;
  await owner`
    insert into market_data.fx_fixing (currency, fixed_on, units_per_eur, source)
    values ('USD', '2026-11-18', 1.5, 'test'), ('USD', '2026-11-19', 1.25, 'test')`;
  const sql = openPool({ url: database.url, maxConnections: 6, applicationName: 'baskets-test' });
  const logger = silentLogger;
  const eventLog = createPostgresEventLog({ sql, url: database.url, logger });
  const lease = createPostgresLease({ sql, logger });
  const broadcast = createInProcessBroadcast({ logger });
  let ids = 0;
  const partsOfProcess = () =>
    ({
      sql,
      databaseUrl: database.url,
      eventLog,
      broadcast,
      cache: createInProcessCache(),
      lease,
      config: { indexCalendar: { closeMinuteUtc: 22 * 60, days: 'ALL' }, vendors: [] },
      clock: systemClock,
      newId: () => `id-${(ids += 1)}`,
      logger,
      metrics: new Registry(),
    }) as unknown as PlatformParts;
  let parts = partsOfProcess();
  let subgraph = buildBaskets(parts);
  await subgraph.start();

  return {
    sql,
    owner,
    get parts() {
      return parts;
    },
    subgraph: () => subgraph,
    as: (...roles) => clientOf(subgraph, ...roles),
    async subscribe(document) {
      const context = () => subgraph.createContext(requestOf(identityOf(['viewer'])));
      const stream = await subscribe({
        schema: subgraph.schema,
        document: parse(document),
        contextValue: context(),
      });
      if (!(Symbol.asyncIterator in stream)) throw stream.errors?.[0] ?? new Error('no stream');
      return stream as AsyncIterableIterator<unknown>;
    },
    async tick(symbol, price, changes = {}) {
      const tick = { ...tickOf(symbol, price), ...changes };
      const value = acceptedTick.encode(tick);
      const version = BigInt(tick.sequence);
      await parts.cache.setMany([{ key: lastPriceKey(symbol), value, version }]);
      await broadcast.publish(ACCEPTED_TICKS_CHANNEL, [{ key: symbol, value }]);
    },
    async restart() {
      await subgraph.stop();
      parts = partsOfProcess();
      subgraph = buildBaskets(parts);
      await subgraph.start();
    },
    async close() {
      await subgraph.stop();
      await eventLog.close();
      await broadcast.close();
      await lease.close();
      await Promise.all([sql.end(), owner.end()]);
      await database.drop();
    },
  };
}

export function tickOf(symbol: string, price: string): AcceptedTick {
  const nowMs = Date.now();
  return {
    instrumentId: `ins_${symbol}`,
    symbol,
    price,
    bid: null,
    ask: null,
    size: null,
    currency: symbol === 'P' ? 'EUR' : 'USD',
    eventTimeMs: nowMs,
    receivedAtMs: nowMs,
    source: 'test',
    sequence: String((ticks += 1)),
    quality: 'GOOD',
  };
}

const MAX_EVENTS_WAITED_FOR = 50;

/** The first event that looks like this; fails after too many others. */
export async function expectNext(
  stream: AsyncIterator<unknown>,
  like: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const seen: unknown[] = [];
  for (let count = 0; count < MAX_EVENTS_WAITED_FOR; count += 1) {
    const step = await stream.next();
    if (step.done === true) throw new Error(`the stream ended: ${JSON.stringify(seen)}`);
    seen.push(step.value);
    try {
      expect(step.value).toMatchObject(like);
      return step.value;
    } catch {
      continue;
    }
  }
  throw new Error(`no such event: ${JSON.stringify(seen)}`);
}
