import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ACCEPTED_TICKS_CHANNEL } from '#kernel/topics/accepted-ticks';
import { positionCorrected } from '#kernel/topics/position-corrected';
import { tradeApplied } from '#kernel/topics/trade-applied';
import { createInProcessBroadcast } from '#platform/broadcast/in-process-broadcast';
import { createMemoryEventLog, type MemoryEventLog } from '#platform/event-log/memory-event-log';
import { silentLogger } from '#platform/logger';
import type { Broadcast } from '#platform/ports';
import { createPortfolioWatch, type PortfolioWatch } from './portfolio-watch.ts';

let broadcast: Broadcast;
let eventLog: MemoryEventLog;
let watch: PortfolioWatch;

beforeEach(async () => {
  broadcast = createInProcessBroadcast({ logger: silentLogger });
  eventLog = createMemoryEventLog();
  watch = createPortfolioWatch({ broadcast, eventLog });
  await watch.start();
});
afterEach(async () => {
  await watch.stop();
  await Promise.all([broadcast.close(), eventLog.close()]);
});

const tick = (symbol: string) =>
  broadcast.publish(ACCEPTED_TICKS_CHANNEL, [{ key: symbol, value: null }]);

const appendTo = (topic: string) =>
  eventLog.append([
    {
      topic,
      key: 'position',
      type: tradeApplied.name,
      version: tradeApplied.version,
      payload: null,
      correlationId: 'correlation',
      causationId: null,
    },
  ]);

function watched(followsPositions: boolean) {
  let answer = 0;
  const leave = new AbortController();
  const answers = watch.watch({ followsPositions, signal: leave.signal }, async () => ({
    result: ++answer,
    symbols: ['AAPL'],
  }));
  return { answers, leave };
}

describe('watching a portfolio', () => {
  test('answers at once, and again when a price in it changed', async () => {
    const { answers } = watched(false);
    expect(await answers.next()).toEqual({ done: false, value: 1 });
    const second = answers.next();
    await tick('MSFT');
    await tick('AAPL');
    expect(await second).toEqual({ done: false, value: 2 });
    await answers.return?.();
  });

  test.each([
    ['a trade was applied', tradeApplied.topic],
    ['a position was corrected', positionCorrected.topic],
  ])('answers when %s, if it is made of positions', async (_what, topic) => {
    const [positions, basket] = [watched(true), watched(false)];
    await Promise.all([positions.answers.next(), basket.answers.next()]);
    const [second, silent] = [positions.answers.next(), basket.answers.next()];
    await appendTo(topic);
    expect(await second).toEqual({ done: false, value: 2 });
    // It would be answered in the same turn.
    await new Promise(setImmediate);
    await basket.answers.return?.();
    expect(await silent).toEqual({ done: true, value: undefined });
    await positions.answers.return?.();
  });

  test('ends at once when the watcher leaves while nothing moves', async () => {
    const { answers } = watched(false);
    await answers.next();
    const waiting = answers.next();
    await answers.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('ends when the request is aborted', async () => {
    const { answers, leave } = watched(false);
    await answers.next();
    const waiting = answers.next();
    leave.abort();
    expect((await waiting).done).toBe(true);
  });
});
