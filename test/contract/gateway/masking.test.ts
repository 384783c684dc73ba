import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '#platform/logger';
import type { Gateway } from '../../../gateway/gateway-options.ts';
import { createSmallPlatform, MODES, startSmallGateway } from './small-platform.ts';
import { WAYS } from './limited-platform.ts';

interface Logged {
  readonly err?: Error;
  readonly correlationId?: string;
}

describe.each(MODES)('GW-4 bugs in subgraphs %s', (mode) => {
  const logged: Logged[] = [];
  let gateway: Gateway;

  beforeAll(async () => {
    const logger = {
      ...silentLogger,
      error: (facts: unknown) => {
        logged.push(facts as Logged);
      },
    };
    gateway = await startSmallGateway(createSmallPlatform(mode), { logger });
  });
  afterAll(() => gateway.stop());

  test.each(WAYS)('are masked behind a correlation id %s', async (_way, send) => {
    const { data, errors } = await send(gateway, '{ worst { id bug } }');
    expect(data).toEqual({ worst: { id: 'ins_AAPL', bug: null } });
    expect(errors).toHaveLength(1);
    const { message, extensions } = errors?.[0] ?? { message: '', extensions: {} };
    expect(message).toBe('Internal server error');
    expect(Object.keys(extensions).sort()).toEqual(['code', 'correlationId', 'service']);
    expect(extensions['correlationId']).toMatch(/^id-\d+$/);
    // A subgraph in another process logs there.
    if (mode === 'over HTTP') return;
    expect(logged.splice(0)).toMatchObject([
      {
        err: expect.objectContaining({ message: 'select * from secrets' }) as Error,
        correlationId: extensions['correlationId'],
      },
    ]);
  });
});
