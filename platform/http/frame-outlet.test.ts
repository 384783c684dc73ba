import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { frameOutlet } from './frame-outlet.ts';
import { bytesOf } from './text-frame.ts';

const TEXTS = [
  '{"short":1}',
  'ünïcode €',
  'x'.repeat(200),
  'y'.repeat(70_000),
  '😀'.repeat(40_000),
];

test.each([
  ['joined into one write', false],
  ['one by one when an extension is negotiated', true],
])('messages arrive as they were: %s', async (_name, perMessageDeflate) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate });
  const received: string[] = [];
  client.on('message', (data: Buffer, isBinary) => {
    received.push(`${String(isBinary)} ${data.toString()}`);
  });
  const [socket] = (await once(server, 'connection')) as [WebSocket];
  expect(socket.extensions === '').toBe(!perMessageDeflate);

  const outlet = frameOutlet(socket);
  for (const text of TEXTS) outlet.add(bytesOf(text.slice(0, 4)), bytesOf(text.slice(4)));
  const bytes = TEXTS.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  expect(outlet.length()).toBeGreaterThanOrEqual(bytes);
  outlet.write();
  expect(outlet.length()).toBe(0);
  socket.send('last');
  await expect.poll(() => received, { timeout: 15_000 }).toHaveLength(TEXTS.length + 1);
  expect(received).toEqual([...TEXTS, 'last'].map((text) => `false ${text}`));
  client.terminate();
  server.close();
});
