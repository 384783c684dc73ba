/** Instruments and their bars. */

import { type BusinessDate, parseBusinessDate } from '#kernel/business-date';
import { connectionOf, type PageRequest, pageRequest } from '#platform/connection';
import { PlatformError } from '#platform/errors';
import { type InstrumentId, parseSymbol } from '../domain/instrument.ts';
import { choosePriceSource } from '../use-cases/choose-price-source.ts';
import { listInstruments } from '../use-cases/list-instruments.ts';
import { upsertInstruments } from '../use-cases/upsert-instruments.ts';
import { presentPrice } from './present-tick.ts';
import { presentBar, presentClose, presentSeries } from './present.ts';
import type { Resolvers } from './types.generated.ts';

const INSTRUMENT_PAGE = { list: 'instruments', defaultFirst: 50, keyParts: 1 };
const BAR_PAGE = { list: 'bars', defaultFirst: 100, keyParts: 1 };

export const instrumentResolvers = {
  Query: {
    instrument: (_root, args, { loaders }) => {
      const symbol = parseSymbol(args.symbol);
      return symbol === undefined ? null : loaders.instrumentBySymbol.load(symbol);
    },

    instruments: async (_root, { filter, ...args }, { deps }) => {
      const page = pageRequest(args, INSTRUMENT_PAGE);
      const rows = await listInstruments(deps, filter ?? {}, page);
      return connectionOf(rows, page, { keyOf: (row) => [row.symbol], nodeOf: (row) => row });
    },
  },

  Mutation: {
    upsertInstruments: async (_root, { input }, { deps }) => {
      const upsert = await upsertInstruments(deps, input.instruments);
      if (upsert.ok) deps.live.refreshInstruments(upsert.instruments.map(({ symbol }) => symbol));
      return upsert.ok
        ? { instruments: upsert.instruments, rejected: [] }
        : { instruments: [], rejected: upsert.faults };
    },

    choosePriceSource: async (_root, { input }, { deps }) => {
      const choice = await choosePriceSource(deps, input);
      return choice.ok
        ? { __typename: 'PriceSourceChosen', instrument: choice.instrument }
        : {
            __typename: 'PriceSourceRefused',
            reason: choice.reason,
            message: choice.message ?? '',
          };
    },
  },

  Instrument: {
    __resolveReference: ({ id }, { loaders }) => loaders.instrumentById.load(id as InstrumentId),

    latestPrice: async (instrument, _args, { deps, loaders }) => {
      const tick = deps.live.newest(instrument.symbol);
      if (tick) return presentPrice(tick);
      const newest = await loaders.newestBar.load(instrument.id);
      return newest && presentClose(instrument, newest);
    },

    priceSeries: async ({ id }, _args, { loaders }) =>
      (await loaders.priceSeries.load(id)).map(presentSeries),

    bars: async (instrument, { interval, from, to, ...args }, { loaders }) => {
      const page = pageRequest(args, BAR_PAGE);
      const after = dateAfter(page);
      const range = { interval, from: from ?? null, to: to ?? null, after, limit: page.first + 1 };
      const bars = await loaders.bars.load({ instrumentId: instrument.id, range });
      return connectionOf(bars, page, { keyOf: (bar) => [bar.date], nodeOf: presentBar });
    },
  },
} satisfies Resolvers;

function dateAfter(page: PageRequest): BusinessDate | null {
  const [text] = page.after ?? [];
  if (text === undefined) return null;
  const date = parseBusinessDate(text);
  if (date === undefined) {
    throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
  }
  return date;
}
