import { expect, test } from 'vitest';
import { createInProcessBroadcast } from '#platform/broadcast/in-process-broadcast';
import { silentLogger as logger } from '#platform/logger';
import { describeBroadcast } from './broadcast-contract.ts';

describeBroadcast({
  name: 'in process',
  open: async () => {
    const broadcast = createInProcessBroadcast({ logger });
    return { ends: [broadcast], close: () => broadcast.close() };
  },
});

test('in process, listeners have run when publish returns, and get the very value', async () => {
  const broadcast = createInProcessBroadcast({ logger });
  const value = { price: '1.5' };
  let heard: unknown;
  await broadcast.subscribe('channel', ([message]) => {
    heard = message?.value;
  });
  void broadcast.publish('channel', [{ key: 'a', value }]);
  expect(heard).toBe(value);
  await broadcast.close();
});
