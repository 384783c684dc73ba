/**
 * One address in front of several servers, as production has it: a connection of its own for each
 * request, to the next server that says it is ready; WebSockets are passed through.
 */

import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as send,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';

export interface Balancer {
  readonly url: string;
  readonly add: (port: number) => void;
  readonly remove: (port: number) => void;
  /** Cuts every WebSocket as a broken line does: without a word to either side. */
  readonly cutSockets: () => void;
  readonly close: () => Promise<void>;
}

const HOST = '127.0.0.1';
const PROBE_EVERY_MS = 250;
const BAD_GATEWAY = 502;

export async function startBalancer(...ports: readonly number[]): Promise<Balancer> {
  const isReadyByPort = new Map(ports.map((port) => [port, true]));
  const lines = new Set<Socket>();
  let turn = 0;

  function nextPorts(): readonly number[] {
    const ready = [...isReadyByPort].flatMap(([port, isReady]) => (isReady ? [port] : []));
    turn += 1;
    const start = ready.length === 0 ? 0 : turn % ready.length;
    return [...ready.slice(start), ...ready.slice(0, start)];
  }

  const server = createServer((request, response) => forward(request, response, nextPorts()));
  server.on('upgrade', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const [port] = nextPorts();
    client.on('error', () => client.destroy());
    if (port === undefined) return client.destroy();
    const line = connect(port, HOST, () => {
      line.write(rawHead(request));
      line.write(head);
      line.pipe(client).pipe(line);
    });
    for (const each of [line, client]) {
      lines.add(each);
      each.on('error', () => each.destroy());
      each.once('close', () => {
        lines.delete(each);
        (each === line ? client : line).destroy();
      });
    }
    return undefined;
  });
  const probe = setInterval(() => {
    for (const port of isReadyByPort.keys()) {
      void isReady(port).then((ready) => isReadyByPort.has(port) && isReadyByPort.set(port, ready));
    }
  }, PROBE_EVERY_MS);
  server.listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://${HOST}:${address.port}/graphql`,
    add: (port) => isReadyByPort.set(port, true),
    remove: (port) => isReadyByPort.delete(port),
    cutSockets: () => {
      for (const line of lines) line.destroy();
    },
    close: async () => {
      clearInterval(probe);
      for (const line of lines) line.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A server that takes no connection has seen nothing of the request: the next one may have it. */
function forward(
  request: IncomingMessage,
  response: ServerResponse,
  [port, ...others]: readonly number[],
): void {
  if (port === undefined) {
    response.writeHead(BAD_GATEWAY).end();
    return;
  }
  const { url, method, headers } = request;
  const onward = send({ host: HOST, port, path: url, method, headers, agent: false });
  onward.once('socket', (socket) => socket.once('connect', () => request.pipe(onward)));
  onward.once('response', (answer) => {
    const { connection: _own, ...kept } = answer.headers;
    response.writeHead(answer.statusCode ?? BAD_GATEWAY, kept);
    answer.pipe(response);
  });
  onward.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') forward(request, response, others);
    else if (response.headersSent) response.destroy();
    else response.writeHead(BAD_GATEWAY).end();
  });
}

function rawHead({ method, url, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://${HOST}:${port}/health/ready`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
}
