/** What the fire asks of a positions process, in its own words. */

import type { PositionsProcess } from './positions-process.ts';
import type { FireAnswer, FireOptions, FireTrade } from './positions-under-fire.ts';

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
