// What two people, a feed and two vendors do in the journey of a basket, over HTTP and WebSocket.

import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { GraphqlClient } from './graphql-client.ts';

/** Weekdays with a close of every name. */
export const HISTORY = { from: '2023-01-02', to: '2025-12-31' } as const;
const MS_PER_DAY = 86_400_000;

export interface Answer {
  readonly basket?: { readonly state: string; readonly allowedEvents: readonly string[] };
  readonly transition?: { readonly event: string; readonly from: string; readonly to: string };
  readonly backtests?: readonly string[];
  readonly reason?: string;
  readonly message?: string;
}

const INPUTS: Readonly<Record<string, string>> = {
  createBasket: 'CreateBasketInput',
  editBasket: 'EditBasketInput',
  triggerBacktest: 'TriggerBacktestInput',
  rebalanceBasket: 'RebalanceBasketInput',
};

/** One mutation of the life cycle. */
export async function command(
  by: GraphqlClient,
  name: string,
  input: object,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const rest = Object.entries(more).map(([key, value]) => `, ${key}: "${value}"`);
  const data = await by.fetch<Record<string, Answer>>(
    `mutation ($input: ${INPUTS[name] ?? 'BasketCommandInput'}!) {
      ${name}(input: $input${rest.join('')}) {
        ... on BasketCommandAccepted {
          basket { state allowedEvents }
          transition { event from to }
        }
        ... on BasketCommandRefused { reason message }
      }
    }`,
    { input },
  );
  return data[name] ?? {};
}

/** Closes that wave a little, in the wide form; the names are unknown until it is imported. */
export function writeHistory(file: string, symbols: readonly string[]): void {
  const rows = [['date', ...symbols].join(',')];
  let day = 0;
  for (let ms = Date.parse(HISTORY.from); ms <= Date.parse(HISTORY.to); ms += MS_PER_DAY) {
    const date = new Date(ms);
    if (date.getUTCDay() === 0 || date.getUTCDay() === 6) continue;
    const closes = symbols.map((_, n) => 100 + 5 * Math.sin(day / (20 + 7 * n)) + day / 40);
    rows.push([date.toISOString().slice(0, 10), ...closes.map((p) => p.toFixed(2))].join(','));
    day += 1;
  }
  writeFileSync(file, `${rows.join('\n')}\n`);
}

/** A feed that sends the price of every name whenever one of them changes. */
export function startFeed(by: GraphqlClient, symbols: readonly string[]) {
  const prices = new Map(symbols.map((symbol) => [symbol, 100]));
  return {
    async set(changed: Readonly<Record<string, number>>): Promise<void> {
      for (const [symbol, price] of Object.entries(changed)) prices.set(symbol, price);
      const eventTime = new Date().toISOString();
      const ticks = [...prices].map(([symbol, price]) => ({
        symbol,
        price: price.toFixed(4),
        eventTime,
        source: 'journey',
      }));
      const { ingestTicks } = await by.fetch<{ ingestTicks: object }>(
        `mutation ($ticks: [TickInput!]!) { ingestTicks(input: { ticks: $ticks }) {
          accepted rejected { reason } quarantined { reason } } }`,
        { ticks },
      );
      expect(ingestTicks).toEqual({ accepted: prices.size, rejected: [], quarantined: [] });
    },
  };
}

interface Received {
  readonly prices: readonly {
    readonly sequence: number;
    readonly isRepeated: boolean;
    readonly receivedAtMs: number;
    readonly fields: Readonly<Record<string, unknown>>;
  }[];
  readonly outOfOrder: readonly string[];
}

/** An emulated vendor, asked by its control endpoint what it knows of us. */
export function vendorAt(url: string, code: string) {
  const ask = async <Found>(what: string, body?: object): Promise<Found> => {
    const options = body ? { method: 'POST', body: JSON.stringify(body) } : {};
    return (await fetch(`${url}/control/${what}`, options)).json() as Promise<Found>;
  };
  const received = () => ask<Received>(`received?code=${code}`);
  return {
    decideAfter: (listingMs: number) => ask<object>('settings', { listingMs }),

    /** The answer to the next price comes later than it may. */
    answerLate: () => ask<object>('faults', { kind: 'DELAY', at: 'PRICE', ms: 2_500, times: 1 }),

    /** Each price once, as it came. */
    async levels(): Promise<readonly number[]> {
      const { prices } = await received();
      const fresh = prices.filter(({ isRepeated }) => !isRepeated);
      return fresh.map(({ fields }) => Number(fields['TRDPRC_1'] ?? fields['LAST_PRICE']));
    },

    async expectNoGaps(): Promise<void> {
      const { outOfOrder, prices } = await received();
      const sequences = prices.filter(({ isRepeated }) => !isRepeated).map((p) => p.sequence);
      expect(sequences).toEqual(sequences.map((_, n) => n + 1));
      expect(outOfOrder).toEqual([]);
    },

    /** What it lists, and with which names. */
    async listing(): Promise<readonly string[]> {
      const { inForce } = await ask<{
        inForce: {
          readonly kind: string;
          readonly definition: { readonly constituents: readonly { readonly symbol: string }[] };
        } | null;
      }>(`listings?code=${code}`);
      if (!inForce) return [];
      return [inForce.kind, ...inForce.definition.constituents.map(({ symbol }) => symbol)];
    },
  };
}
