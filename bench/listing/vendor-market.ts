/**
 * Baskets from the draft to the vendors: the subgraph of baskets whole, and both emulated vendors.
 */

import { graphql } from 'graphql';
import postgres, { type Sql } from 'postgres';
import { type Role, scopesOf } from '#kernel/roles';
import { ACCEPTED_TICKS_CHANNEL, acceptedTick } from '#kernel/topics/accepted-ticks';
import { readConfig } from '#platform/config';
import { silentLogger } from '#platform/logger';
import { openParts } from '#platform/parts';
import { pause } from '#platform/backoff';
import type { RequestContext } from '#platform/request-context';
import type { Subgraph } from '#platform/subgraph';
import { startVendorEmulator } from '../../emulators/vendors/vendor-emulator.ts';
import { buildBaskets } from '../../subgraphs/baskets/main.ts';

const NAMES = 50;
const NAMES_PER_BASKET = 10;
const BASKETS_AT_ONCE = 20;
const REQUEST_LIMIT_MS = 60_000;
const POLL_MS = 50;
const TICKS_EVERY_MS = 200;

export type VendorMarket = Awaited<ReturnType<typeof openVendorMarket>>;

export async function openVendorMarket(databaseUrl: string) {
  const owner = postgres(databaseUrl, { max: 2, onnotice: () => undefined });
  await insertMarket(owner);
  const emulator = await startVendorEmulator({ logger: silentLogger });
  const config = readConfig({
    FEED: 'none',
    VENDORS: 'bloomberg,refinitiv',
    VENDOR_BLOOMBERG_URL: emulator.bloomberg.primary.url,
    VENDOR_BLOOMBERG_SECONDARY_URL: emulator.bloomberg.secondary.url,
    VENDOR_REFINITIV_URL: emulator.refinitiv.primary.url,
    VENDOR_REFINITIV_SECONDARY_URL: emulator.refinitiv.secondary.url,
  });
  const parts = await openParts({ config, databaseUrl, logger: silentLogger });
  const subgraph = buildBaskets(parts);
  await subgraph.start();
  const ticking = setInterval(() => {
    const messages = Array.from({ length: NAMES }, (_, name) => tickOf(`N${name + 1}`));
    void parts.broadcast.publish(ACCEPTED_TICKS_CHANNEL, messages);
  }, TICKS_EVERY_MS);

  return {
    owner,
    emulator,

    /** From nothing to the checkers. */
    async submit(codes: readonly string[]): Promise<void> {
      for (let at = 0; at < codes.length; at += BASKETS_AT_ONCE) {
        const batch = codes.slice(at, at + BASKETS_AT_ONCE);
        for (const code of batch) await command(subgraph, 'createBasket', basketOf(code));
        for (const code of batch) {
          const input = { code, from: '2026-01-05', to: '2026-06-30' };
          await command(subgraph, 'triggerBacktest', input);
        }
        await reach(owner, batch, 'BACKTESTED');
        for (const code of batch) await command(subgraph, 'submitBasketForApproval', { code });
      }
    },

    approve: (codes: readonly string[]) =>
      Promise.all(codes.map((code) => command(subgraph, 'approveBasket', { code }))),

    reach: (codes: readonly string[], state: string) => reach(owner, codes, state),

    async close(): Promise<void> {
      clearInterval(ticking);
      await subgraph.stop();
      await parts.close();
      await emulator.stop();
      await owner.end();
    },
  };
}

function basketOf(code: string) {
  const first = Number(code.replace(/\D/g, '')) % NAMES;
  const constituents = Array.from({ length: NAMES_PER_BASKET }, (_, n) => ({
    symbol: `N${((first + n) % NAMES) + 1}`,
  }));
  return { code, name: code, currency: 'USD', weighting: 'EQUAL', constituents };
}

async function reach(owner: Sql, codes: readonly string[], state: string): Promise<void> {
  for (;;) {
    const [row] = await owner<{ count: number }[]>`
      select count(*)::int as count from baskets.basket
      where code = any(${[...codes]}::text[]) and state = ${state}`;
    if (row?.count === codes.length) return;
    await pause(POLL_MS);
  }
}

const INPUTS: Readonly<Record<string, string>> = {
  createBasket: 'CreateBasketInput',
  triggerBacktest: 'TriggerBacktestInput',
};

async function command(subgraph: Subgraph, name: string, input: object): Promise<void> {
  const { schema } = subgraph;
  const [user, role]: readonly [string, Role] =
    name === 'approveBasket' ? ['checker', 'approver'] : ['maker', 'portfolio_manager'];
  const source = `mutation ($input: ${INPUTS[name] ?? 'BasketCommandInput'}!) {
    ${name}(input: $input) { ... on BasketCommandRefused { reason message } } }`;
  const contextValue = subgraph.createContext(requestOf(user, role));
  const answer = await graphql({ schema, source, variableValues: { input }, contextValue });
  const text = JSON.stringify(answer);
  if (text.includes('reason') || text.includes('errors')) throw new Error(text);
}

function requestOf(user: string, role: Role): RequestContext {
  return {
    identity: { user, roles: [role], scopes: scopesOf([role]), isService: false },
    correlationId: 'bench',
    deadlineAtMs: Date.now() + REQUEST_LIMIT_MS,
    signal: new AbortController().signal,
  };
}

let ticks = 0;

function tickOf(symbol: string) {
  const nowMs = Date.now();
  const value = acceptedTick.encode({
    instrumentId: `ins_${symbol}`,
    symbol,
    price: (100 + Math.random()).toFixed(4),
    bid: null,
    ask: null,
    size: null,
    currency: 'USD',
    eventTimeMs: nowMs,
    receivedAtMs: nowMs,
    source: 'bench',
    sequence: String((ticks += 1)),
    quality: 'GOOD',
  });
  return { key: symbol, value };
}

async function insertMarket(owner: Sql): Promise<void> {
  await owner`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    select 'ins_N' || n, 'N' || n, 'N' || n, 'EQUITY', 'USD'
    from generate_series(1, ${NAMES}::int) n`;
  await owner`
    insert into market_data.price_series
      (instrument_id, source, interval, is_adjusted, is_preferred)
    select instrument_id, 'bench', 'DAY_1', true, true from market_data.instrument`;
  await owner`
    insert into market_data.price_bar (series_id, business_date, open, close)
    select series_id, d::date, 100 * 100000000::bigint, 100 * 100000000::bigint
    from market_data.price_series, generate_series('2026-01-05'::date, '2026-06-30', '1 day') d
    where extract(isodow from d) < 6`;
}
