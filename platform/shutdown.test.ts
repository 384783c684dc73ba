import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { silentLogger as logger } from './logger.ts';
import { EXIT_INTERRUPTED, Shutdown } from './shutdown.ts';

function given({ limitMs = 1_000 } = {}) {
  const exits: number[] = [];
  const stopped: string[] = [];
  const signals = new EventEmitter();
  let exited: () => void = () => undefined;
  const exit = new Promise<void>((resolve) => (exited = resolve));
  const shutdown = new Shutdown({
    logger,
    limitMs,
    exit: (code) => {
      exits.push(code);
      exited();
    },
  });
  const add = (name: string) => shutdown.add(name, async () => void stopped.push(name));
  return { shutdown, exits, exit, stopped, signals, add };
}

describe('PL-5 shutdown', () => {
  test('stops what was opened last first, once', async () => {
    const { shutdown, stopped, add } = given();
    for (const name of ['database', 'subgraphs', 'gateway']) await add(name);
    expect(await Promise.all([shutdown.stop(), shutdown.stop()])).toEqual([true, true]);
    expect(stopped).toEqual(['gateway', 'subgraphs', 'database']);
  });

  test('a step that fails does not keep the others from stopping', async () => {
    const { shutdown, stopped, add } = given();
    await add('database');
    await shutdown.add('subgraphs', () => Promise.reject(new Error('stuck')));
    await add('gateway');
    expect(await shutdown.stop()).toBe(false);
    expect(stopped).toEqual(['gateway', 'database']);
  });

  test('waits no longer than its limit', async () => {
    const { shutdown, stopped, add } = given({ limitMs: 20 });
    await add('database');
    await shutdown.add('hanging', () => new Promise(() => undefined));
    expect(await shutdown.stop()).toBe(false);
    expect(stopped).toEqual([]);
  });

  test.each([
    { signal: 'SIGINT', fails: false, code: 0 },
    { signal: 'SIGTERM', fails: false, code: 0 },
    { signal: 'SIGTERM', fails: true, code: 1 },
  ])('$signal stops everything, then exits with $code', async ({ signal, fails, code }) => {
    const { shutdown, exits, exit, stopped, signals, add } = given();
    await add('database');
    if (fails) await shutdown.add('gateway', () => Promise.reject(new Error('stuck')));
    shutdown.listenTo(signals);
    signals.emit(signal);
    await exit;
    expect(stopped).toEqual(['database']);
    expect(exits).toEqual([code]);
  });

  test('a second signal exits at once', async () => {
    const { shutdown, exits, signals } = given();
    await shutdown.add('hanging', () => new Promise(() => undefined));
    shutdown.listenTo(signals);
    signals.emit('SIGINT');
    expect(exits).toEqual([]);
    signals.emit('SIGINT');
    expect(exits).toEqual([EXIT_INTERRUPTED]);
  });

  test('what is opened while stopping is stopped as well', async () => {
    const { shutdown, stopped, add } = given();
    await shutdown.stop();
    await add('late');
    expect(stopped).toEqual(['late']);
  });
});
