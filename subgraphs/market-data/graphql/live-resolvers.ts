/** Live prices: what comes in, what goes out to subscribers, and what was held back. */

import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import { currencyCode } from '#kernel/money';
import type { AcceptedTick } from '#kernel/topics/accepted-ticks';
import { connectionOf, pageRequest } from '#platform/connection';
import { beforeDeadline } from '#platform/deadline';
import { invariant, PlatformError } from '#platform/errors';
import {
  type Instrument,
  type InstrumentId,
  type InstrumentSymbol,
  parseSymbol,
  unknownInstrument,
} from '../domain/instrument.ts';
import type { SourceTick } from '../domain/tick.ts';
import { quarantineKey } from '../store/quarantine.ts';
import { MAX_TICKS_PER_BATCH } from '../use-cases/ingest-ticks.ts';
import { presentQuarantinedTick } from './present-tick.ts';
import type { Resolvers, TickInput } from './types.generated.ts';

const QUARANTINE_PAGE = { list: 'quarantinedTicks', defaultFirst: 50, keyParts: 2 };
/** What is known of an instrument without asking the database. */
const KNOWN_FIELDS = ['__typename', 'id', 'symbol'];

export const liveResolvers = {
  Query: {
    quarantinedTicks: async (_root, { symbol, ...args }, { deps }) => {
      const page = pageRequest(args, QUARANTINE_PAGE);
      const wanted = symbol === null || symbol === undefined ? null : parseSymbol(symbol);
      const rows = wanted === undefined ? [] : await deps.quarantine.list(wanted, page);
      return connectionOf(rows, page, { keyOf: quarantineKey, nodeOf: presentQuarantinedTick });
    },
  },

  Mutation: {
    ingestTicks: async (_root, { input }, { deps, request }) => {
      const { ticks } = input;
      if (ticks.length > MAX_TICKS_PER_BATCH) {
        const message = `ticks: expected at most ${MAX_TICKS_PER_BATCH}, was ${ticks.length}`;
        throw new PlatformError('BAD_USER_INPUT', message, {
          details: { limit: 'MAX_TICKS_PER_BATCH' },
        });
      }
      const user = request.identity?.user ?? 'unknown';
      const result = deps.live.ingest(ticks.map((tick) => sourceTick(tick, user)));
      const { deadlineAtMs } = request;
      return beforeDeadline(result, { stage: 'ingestTicks', deadlineAtMs, clock: deps.clock });
    },
  },

  Subscription: {
    priceTicks: {
      subscribe: (_root, { symbols }, { deps }) => deps.live.priceTicks(symbols),
      resolve: (tick: AcceptedTick) => tick,
    },
    latestPrices: {
      subscribe: (_root, { symbols, windowMs }, { deps }) =>
        deps.live.latestPrices({ symbols, windowMs }),
      resolve: (ticks: readonly AcceptedTick[]) => ticks,
    },
  },

  PriceTick: {
    eventTime: ({ eventTimeMs }) => eventTimeMs,

    /** Most subscribers ask for no more than the tick knows: that costs no query. */
    instrument: async (tick, _args, { loaders }, info): Promise<Instrument> => {
      if (selectsOnly(info, KNOWN_FIELDS)) return nameOnly(tick);
      const found = await loaders.instrumentById.load(tick.instrumentId as InstrumentId);
      invariant(found, `instrument ${tick.instrumentId} of an accepted tick is there`);
      return found;
    },
  },
} satisfies Resolvers;

/** Right in the fields that nobody but the tick is asked for; the others are not read. */
function nameOnly({ instrumentId, symbol, currency }: AcceptedTick): Instrument {
  const assumed = { assetClass: 'EQUITY', currency: currencyCode(currency) } as const;
  return {
    ...unknownInstrument(symbol as InstrumentSymbol, assumed),
    id: instrumentId as InstrumentId,
  };
}

function sourceTick(tick: TickInput, user: string): SourceTick {
  return {
    symbol: parseSymbol(tick.symbol) ?? tick.symbol,
    price: tick.price,
    bid: tick.bid ?? null,
    ask: tick.ask ?? null,
    size: tick.size ?? null,
    currency: tick.currency ?? null,
    eventTimeMs: tick.eventTime,
    recordedEventTimeMs: null,
    source: tick.source ?? user,
    sourceSequence: tick.sourceSequence ?? null,
    isSimulated: false,
  };
}

function selectsOnly(info: GraphQLResolveInfo, allowed: readonly string[]): boolean {
  const isAllowed = ({ selections }: SelectionSetNode): boolean =>
    selections.every((selection) => {
      switch (selection.kind) {
        case Kind.FIELD:
          return allowed.includes(selection.name.value);
        case Kind.INLINE_FRAGMENT:
          return isAllowed(selection.selectionSet);
        case Kind.FRAGMENT_SPREAD: {
          const fragment = info.fragments[selection.name.value];
          return fragment !== undefined && isAllowed(fragment.selectionSet);
        }
      }
    });
  return info.fieldNodes.every(({ selectionSet }) => selectionSet && isAllowed(selectionSet));
}
