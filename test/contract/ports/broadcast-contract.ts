/** What every Broadcast must do, run over each implementation by the `broadcast-*.test.ts`. */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broadcast, BroadcastMessage } from '#platform/ports';
import { eventually } from './eventually.ts';

export interface BroadcastContract {
  readonly name: string;
  readonly skipReason?: string | undefined;
  /** The ends of one broadcast: one per process, where there can be several. */
  open(): Promise<{ readonly ends: readonly [Broadcast, ...Broadcast[]]; close(): Promise<void> }>;
}

export function describeBroadcast(contract: BroadcastContract): void {
  const { name, skipReason } = contract;
  describe.skipIf(skipReason !== undefined)(`PL Broadcast contract: ${name}`, () => {
    let publisher: Broadcast;
    let listener: Broadcast;
    let close: () => Promise<void>;

    beforeAll(async () => {
      const opened = await contract.open();
      publisher = opened.ends[0];
      listener = opened.ends.at(-1) ?? publisher;
      close = () => opened.close();
    });
    afterAll(async () => {
      await close();
    });

    test('carries batches whole and in order to every listener of the channel', async () => {
      const channel = randomUUID();
      const batches: (readonly BroadcastMessage[])[] = [];
      const keys: string[] = [];
      await listener.subscribe(channel, (messages) => batches.push(messages));
      await publisher.subscribe(channel, (messages) => {
        keys.push(...messages.map(({ key }) => key));
      });
      await listener.subscribe(`${channel}-other`, () => batches.push([]));
      const sent = Array.from({ length: 50 }, (_, index) => [
        { key: `AAPL-${index}`, value: { price: `1.${index}`, list: [index, null, true] } },
        { key: `MSFT-${index}`, value: 'äöü "😀"\n' },
      ]);
      for (const messages of sent) await publisher.publish(channel, messages);
      await eventually(() => batches.length === 50 && keys.length === 100);
      expect(batches).toEqual(sent);
      expect(keys).toEqual(sent.flat().map(({ key }) => key));
    });

    test('publishing to nobody is no error', async () => {
      const messages = [{ key: 'a', value: 1 }];
      await expect(publisher.publish(randomUUID(), messages)).resolves.toBeUndefined();
      await expect(publisher.publish(randomUUID(), [])).resolves.toBeUndefined();
    });

    test('a closed listener hears nothing more, the others of the channel do', async () => {
      const channel = randomUUID();
      let heardByFirst = 0;
      let heardBySecond = 0;
      const first = await listener.subscribe(channel, () => (heardByFirst += 1));
      await listener.subscribe(channel, () => (heardBySecond += 1));
      await publisher.publish(channel, [{ key: 'a', value: 1 }]);
      await eventually(() => heardByFirst === 1 && heardBySecond === 1);
      await first.close();
      await first.close();
      await publisher.publish(channel, [{ key: 'a', value: 2 }]);
      await eventually(() => heardBySecond === 2);
      expect(heardByFirst).toBe(1);
    });

    test('a failing listener harms neither the publisher nor the other listeners', async () => {
      const channel = randomUUID();
      const heard: unknown[] = [];
      await listener.subscribe(channel, () => {
        throw new Error('a bug in a listener');
      });
      await listener.subscribe(channel, (messages) => heard.push(...messages));
      await publisher.publish(channel, [{ key: 'a', value: 1 }]);
      await publisher.publish(channel, [{ key: 'a', value: 2 }]);
      await eventually(() => heard.length === 2);
      expect(heard).toEqual([
        { key: 'a', value: 1 },
        { key: 'a', value: 2 },
      ]);
    });

    test('the last listener may leave and a new one come', async () => {
      const channel = randomUUID();
      const first = await listener.subscribe(channel, () => undefined);
      await first.close();
      const heard: unknown[] = [];
      await listener.subscribe(channel, (messages) => heard.push(...messages));
      await publisher.publish(channel, [{ key: 'a', value: 1 }]);
      await eventually(() => heard.length === 1);
      expect(heard).toEqual([{ key: 'a', value: 1 }]);
    });
  });
}
