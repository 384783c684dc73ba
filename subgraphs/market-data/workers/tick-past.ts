/** Puts right and reads what earlier runs left, when the live half starts. */

import { addDays, type BusinessDate, businessDate, utcDateOf } from '#kernel/business-date';
import { type AcceptedTick, acceptedTick, lastPriceKey } from '#kernel/topics/accepted-ticks';
import type { Clock } from '#platform/clock';
import type { Cache } from '#platform/ports';
import { republishedPrice } from '../domain/stored-tick.ts';
import { isRecent } from '../domain/tick-rules-price.ts';
import type { LastPrice } from '../domain/tick-state.ts';
import type { SourcePosition, TickPastRepository } from '../store/tick-past.ts';
import type { SourceSequence, TickPast } from '../use-cases/tick-book.ts';

export interface TickPastDeps {
  readonly past: TickPastRepository;
  readonly cache: Cache;
  readonly clock: Clock;
  /** Receives the last prices, for those who subscribe before anything moves. */
  readonly warm: (ticks: readonly AcceptedTick[]) => void;
}

export async function readTickPast({ past, cache, clock, warm }: TickPastDeps): Promise<TickPast> {
  await past.repairLastPrices();
  await past.discardHeld(clock.nowMs());
  const stored = await past.lastPrices();
  const published = stored.map(republishedPrice);
  warm(published);
  await cache.setMany(
    published.map((tick) => ({
      key: lastPriceKey(tick.symbol),
      value: acceptedTick.encode(tick),
      version: BigInt(tick.sequence),
    })),
  );
  const recent = stored.filter(({ eventTimeMs }) =>
    isRecent(utcDateOf(eventTimeMs), clock.nowMs()),
  );
  return {
    run: await past.nextRun(),
    lastPrices: new Map(
      recent.map(({ symbol, price, receivedAtMs, quality }): [typeof symbol, LastPrice] => [
        symbol,
        { price, receivedAtMs, isSimulated: quality === 'SIMULATED' },
      ]),
    ),
    positions: bySymbol(await past.sourcePositions()),
  };
}

function bySymbol(positions: readonly SourcePosition[]): TickPast['positions'] {
  const lists = new Map<SourcePosition['symbol'], SourceSequence[]>();
  for (const position of positions) {
    const list = lists.get(position.symbol);
    if (list) list.push(position);
    else lists.set(position.symbol, [position]);
  }
  return lists;
}

/** Days of the months that need a partition: yesterday's, today's and the one after. */
export function monthsToPrepare(today: BusinessDate): readonly BusinessDate[] {
  const firstOfMonth = businessDate(`${today.slice(0, 7)}-01`);
  return [addDays(today, -1), today, addDays(firstOfMonth, 32)];
}
