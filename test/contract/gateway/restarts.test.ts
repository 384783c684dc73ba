/** What may restart or be replaced behind a gateway that goes on, and how it stops itself. */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway-options.ts';
import { followSupergraphFile } from '../../../gateway/supergraph-file.ts';
import { silentLogger } from '#platform/logger';
import { ask } from './ask.ts';
import { createSmallPlatform, internalTokens, startSmallGateway } from './small-platform.ts';
import { connect } from './socket-client.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function start(...over: Parameters<typeof startSmallGateway>): Promise<Gateway> {
  const gateway = await startSmallGateway(...over);
  cleanups.push(() => gateway.stop());
  return gateway;
}

describe('a supergraph file that changes', () => {
  const platform = createSmallPlatform();
  const newer = platform.supergraphSdl.replaceAll(/\bmotto\b/g, 'slogan');

  function follow(gateway: Gateway): (sdl: string) => void {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-supergraph-'));
    const file = join(folder, 'supergraph.graphql');
    writeFileSync(file, platform.supergraphSdl);
    const unwatch = followSupergraphFile({ file, gateway, logger: silentLogger });
    cleanups.push(async () => {
      await unwatch();
      rmSync(folder, { recursive: true });
    });
    return (sdl) => {
      // Replaced as a whole, as editors and tools do.
      writeFileSync(`${file}.new`, sdl);
      renameSync(`${file}.new`, file);
    };
  }

  const names = async (gateway: Gateway) => {
    const { data } = await ask(gateway.url, '{ __type(name: "Query") { fields { name } } }');
    const { __type } = data as { __type: { fields: { name: string }[] } };
    return __type.fields.map(({ name }) => name);
  };

  test('is served without a socket being dropped, and a stream goes on', async () => {
    const gateway = await start(platform);
    const replace = follow(gateway);
    const socket = await connect(gateway.url, { params: { token: 'viewer' } });
    cleanups.push(() => socket.close());
    socket.subscribe('stream', 'subscription { priceChanged(symbols: ["AAPL"]) { symbol price } }');
    await expect.poll(() => platform.prices.listeners(), { timeout: 15_000 }).toBe(1);
    replace(newer);
    await expect.poll(() => names(gateway), { timeout: 15_000 }).toContain('slogan');
    expect(await names(gateway)).not.toContain('motto');
    platform.prices.push({ id: 'ins_AAPL', symbol: 'AAPL', price: '188' });
    expect(await socket.frame('stream')).toMatchObject({
      data: { priceChanged: { symbol: 'AAPL' } },
    });
    socket.subscribe('after', '{ __type(name: "Query") { fields { name } } }');
    const after = await socket.frame('after');
    expect(JSON.stringify(after.data)).toContain('slogan');
  });

  test.each([
    ['does not parse', 'type Query {'],
    ['is empty', ''],
    ['is no supergraph', 'type Query { motto: String }'],
  ])('and %s leaves the old one, which a good one replaces', async (_what, broken) => {
    const gateway = await start(platform);
    const replace = follow(gateway);
    await expect(gateway.replaceSupergraph(broken)).rejects.toThrow(/\S/);
    replace(broken);
    for (let count = 0; count < 12; count += 1) {
      const { data } = await ask(gateway.url, '{ motto }');
      expect(data).toEqual({ motto: 'true to the line' });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    replace(newer);
    await expect.poll(() => names(gateway), { timeout: 15_000 }).toContain('slogan');
  });
});

describe('PL-5 a subgraph that closes its connections', () => {
  /** Hangs up as often as told, then answers; counts what it was asked. */
  async function behind(hangUps: number) {
    const platform = createSmallPlatform();
    const seen: string[] = [];
    const server = createServer((request, response: ServerResponse) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        seen.push(text);
        if (seen.length <= hangUps) response.destroy();
        else response.end(JSON.stringify({ data: { motto: 'again', touch: 1 } }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const gateway = await start(platform, {
      subgraphs: platform.subgraphs.filter(({ name }) => name !== 'market-data'),
      subgraphUrls: { 'market-data': `http://127.0.0.1:${port}/graphql` },
      internalTokens,
    });
    return { gateway, seen };
  }

  test('is asked a query again', async () => {
    const { gateway, seen } = await behind(2);
    expect((await ask(gateway.url, '{ motto }')).data).toEqual({ motto: 'again' });
    expect(seen).toHaveLength(3);
  });

  test('is not asked without end', async () => {
    const { gateway, seen } = await behind(100);
    expect(await ask(gateway.url, '{ motto }')).toMatchObject({
      errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }],
    });
    expect(seen).toHaveLength(3);
  });

  test('never sees a mutation twice', async () => {
    const { gateway, seen } = await behind(1);
    expect(await ask(gateway.url, 'mutation { touch }')).toMatchObject({
      errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }],
    });
    expect(seen).toHaveLength(1);
  });
});

describe('PL-5 a gateway that stops with a delay', () => {
  test('says it is not ready first, answers what still comes, then closes sockets', async () => {
    const gateway = await startSmallGateway(createSmallPlatform(), { stopDelayMs: 300 });
    const socket = await connect(gateway.url, { params: { token: 'viewer' } });
    const stopped = gateway.stop();
    const ready = await fetch(gateway.url.replace('/graphql', '/health/ready'));
    expect(ready.status).toBe(503);
    expect(ready.headers.get('connection')).toBe('close');
    expect((await ask(gateway.url, '{ motto }')).data).toEqual({ motto: 'true to the line' });
    expect(await socket.closed).toMatchObject({ code: 1001 });
    await stopped;
    await expect(ask(gateway.url, '{ motto }')).rejects.toThrow('fetch failed');
  });
});
