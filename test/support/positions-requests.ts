/** What the fire asks of a positions process, in its own words. */

import type { PositionsProcess } from './positions-process.ts';
import {
  FIRE_BOOK,
  type FireAnswer,
  type FireOptions,
  type FireTrade,
} from './positions-under-fire.ts';

const RECORD = `mutation ($trades: [TradeInput!]!) { recordTrades(input: { trades: $trades }) {
  results { __typename
    ... on TradeRecorded { tradeId eventVersion duplicate }
    ... on TradeRefused { tradeId reason } }
} }`;

interface Recorded {
  readonly recordTrades: {
    readonly results: readonly {
      readonly tradeId: string;
      readonly eventVersion?: number;
      readonly duplicate?: boolean;
      readonly reason?: string;
    }[];
  };
}

/** Sends to whichever process is the current one. */
export function recordOver(server: () => PositionsProcess): FireOptions['send'] {
  return async (trades: readonly FireTrade[], signal?: AbortSignal) => {
    const { recordTrades } = await server().ask<Recorded>(RECORD, {
      variables: { trades },
      ...(signal === undefined ? {} : { signal }),
    });
    return recordTrades.results.map((each): FireAnswer => {
      const { tradeId, eventVersion = null, duplicate = false, reason = null } = each;
      return { tradeId, version: eventVersion, duplicate, reason };
    });
  };
}

const BUST = `mutation ($tradeId: String!) {
  change: bustTrade(input: { tradeId: $tradeId, reason: "fire" }) {
    ... on TradeBusted { eventVersion duplicate } ... on BustRefused { reason message }
  }
}`;
const AMEND = `mutation ($tradeId: String!, $amendmentId: String!, $price: Decimal!) {
  change: amendTrade(input: {
    tradeId: $tradeId, amendmentId: $amendmentId, price: $price, reason: "fire"
  }) { ... on TradeAmended { eventVersion duplicate } ... on AmendmentRefused { reason message } }
}`;

interface Changed {
  readonly change: {
    readonly eventVersion?: number;
    readonly duplicate?: boolean;
    readonly reason?: string;
    readonly message?: string;
  };
}

/** Busts and amends over whichever process is the current one. */
export function changeOver(server: () => PositionsProcess): NonNullable<FireOptions['change']> {
  return async (tradeId, change) => {
    const { change: answer } = await (change.type === 'BUST'
      ? server().ask<Changed>(BUST, { variables: { tradeId } })
      : server().ask<Changed>(AMEND, {
          variables: { tradeId, amendmentId: `A-${tradeId}`, price: change.price },
        }));
    const { eventVersion: version = null, duplicate = false, reason, message } = answer;
    return { version, duplicate, ...(reason && { reason: `${reason}: ${message}` }) };
  };
}

/** The platform's own check of a position: snapshot against replay, and the chain of hashes. */
export async function verified(server: PositionsProcess, accountId: string): Promise<unknown> {
  const { verifyPosition } = await server.ask<{ verifyPosition: unknown }>(VERIFY, {
    variables: { key: { bookId: FIRE_BOOK, accountId, symbol: 'AAPL' } },
  });
  return verifyPosition;
}

const VERIFY = `query ($key: PositionKeyInput!) {
  verifyPosition(key: $key) { matches differences { field snapshot replay } chainIntact }
}`;
export const VERIFIED = { matches: true, differences: [], chainIntact: true };
