/** The feed that the configuration names. */

import type { Clock } from '#platform/clock';
import type { Config } from '#platform/config';
import { StartupError } from '#platform/errors';
import type { Logger } from '#platform/logger';
import { existsSync } from 'node:fs';
import type { TickInstrument } from '../domain/tick.ts';
import { createExchangeFeed } from './exchange-feed.ts';
import { createFailoverFeed } from './failover-feed.ts';
import type { Feed } from './feed.ts';
import { createReplayFeed } from './replay-feed.ts';
import { createSimulatorFeed } from './simulator-feed.ts';

/** The same walks at every start, so that a demonstration can be repeated. */
const SIMULATOR_SEED = 20_261_120;

/** Of an exchange whose URL names none. */
const DEFAULT_PAIRS = ['BTCUSDT', 'ETHUSDT'];

export interface FeedSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Those with a close; the newest closes first. */
  readonly instruments: (limit: number) => Promise<readonly TickInstrument[]>;
  readonly isPricedByMarket: (symbol: string) => boolean;
}

/** Undefined for none. Throws StartupError when a recording is not there. */
export function createFeed(chosen: Config['feed'], around: FeedSurroundings): Feed | undefined {
  const { clock, logger } = around;
  switch (chosen.kind) {
    case 'none':
      return undefined;
    case 'simulator':
      return createSimulatorFeed({
        seed: SIMULATOR_SEED,
        instruments: async (limit) => (await around.instruments(limit)).flatMap(simulated),
        isPricedByMarket: around.isPricedByMarket,
        clock,
        logger,
      });
    case 'replay': {
      const missing = chosen.files.find((file) => !existsSync(file));
      if (missing !== undefined) {
        throw new StartupError(`FEED names ${missing}, which is not there: give a recorded file.`);
      }
      return createReplayFeed({ files: chosen.files, speed: chosen.speed, clock, logger });
    }
    case 'exchange':
      return createFailoverFeed({ providers: providersOf(chosen.url, around), clock, logger });
  }
}

/**
 * One provider per URL, separated by commas. `?symbols=BTCUSDT,ETHUSDT` of the first says which
 * pairs; it is not sent to the exchange.
 */
function providersOf(urls: string, { clock, logger }: FeedSurroundings): readonly (() => Feed)[] {
  const addresses = urls.split(/,(?=wss?:)/).map((each) => new URL(each));
  const named = addresses[0]?.searchParams.get('symbols') ?? '';
  const symbols = named
    .toUpperCase()
    .split(',')
    .filter((symbol) => symbol !== '');
  return addresses.map((address) => () => {
    const url = new URL(address);
    url.searchParams.delete('symbols');
    return createExchangeFeed({
      url: url.href,
      symbols: symbols.length > 0 ? symbols : DEFAULT_PAIRS,
      clock,
      logger,
    });
  });
}

function simulated({ symbol, currency, previousClose }: TickInstrument) {
  return previousClose === null ? [] : [{ symbol, currency, close: previousClose.price }];
}
