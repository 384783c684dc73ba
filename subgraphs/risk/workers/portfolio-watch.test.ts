import { describe, expect, test } from 'vitest';
import type { Broadcast, BroadcastMessage, EventLog, LogRecord } from '#platform/ports';
import { createPortfolioWatch } from './portfolio-watch.ts';

function channel() {
  let tell: (messages: readonly BroadcastMessage[]) => void = () => undefined;
  let applied: () => Promise<void> = async () => undefined;
  const broadcast: Broadcast = {
    publish: async (_channel, messages) => tell(messages),
    subscribe: async (_channel, listener) => {
      tell = listener;
      return { close: async () => undefined };
    },
    close: async () => undefined,
  };
  const eventLog = {
    consume: async (options: {
      handle: (records: readonly LogRecord[], s: AbortSignal) => Promise<void>;
    }) => {
      applied = () => options.handle([], new AbortController().signal);
      return { pause() {}, resume() {}, lag: async () => 0, stop: async () => undefined };
    },
  } as unknown as EventLog;
  return {
    broadcast,
    eventLog,
    tick: (symbol: string) => tell([{ key: symbol, value: null }]),
    tradeApplied: () => applied(),
  };
}

async function watched(followsPositions: boolean) {
  const events = channel();
  const watch = createPortfolioWatch({ ...events, newId: () => 'one' });
  await watch.start();
  let answer = 0;
  const leave = new AbortController();
  const answers = watch.watch({ followsPositions, signal: leave.signal }, async () => ({
    result: ++answer,
    symbols: ['AAPL'],
  }));
  return { events, watch, answers, leave };
}

describe('watching a portfolio', () => {
  test('answers at once, and again when a price in it changed', async () => {
    const { events, answers } = await watched(false);
    expect(await answers.next()).toEqual({ done: false, value: 1 });
    const second = answers.next();
    events.tick('MSFT');
    events.tick('AAPL');
    expect(await second).toEqual({ done: false, value: 2 });
    await answers.return?.();
  });

  test('answers when a trade was applied, if it is made of positions', async () => {
    const { events, answers } = await watched(true);
    await answers.next();
    const second = answers.next();
    await events.tradeApplied();
    expect(await second).toEqual({ done: false, value: 2 });
    await answers.return?.();
  });

  test('ends at once when the watcher leaves while nothing moves', async () => {
    const { answers } = await watched(false);
    await answers.next();
    const waiting = answers.next();
    await answers.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('ends when the request is aborted', async () => {
    const { answers, leave } = await watched(false);
    await answers.next();
    const waiting = answers.next();
    leave.abort();
    expect((await waiting).done).toBe(true);
  });
});
