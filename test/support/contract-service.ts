// A contract service over HTTP that answers, hangs, fails and comes back as it is told.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type ServiceMood = 'ANSWER' | 'HANG' | 'FAIL' | 'NONSENSE' | 'LEAVE_ONE_OUT' | 'SAME_UTI';

export type ContractServiceOnTest = Awaited<ReturnType<typeof startContractService>>;

const LEI = '213800KUD8LAJWSQ9D15';

export function utiOfService(tradeId: string): string {
  return LEI + createHash('sha256').update(tradeId).digest('hex').slice(0, 32).toUpperCase();
}

export async function startContractService() {
  let mood: ServiceMood = 'ANSWER';
  let calls = 0;
  const asked: string[] = [];
  const hanging = new Set<ServerResponse>();
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { trades } = JSON.parse(await text(request)) as { trades: { tradeId: string }[] };
    calls += 1;
    asked.push(...trades.map(({ tradeId }) => tradeId));
    if (mood === 'HANG') hanging.add(response);
    else answer(response, mood, trades);
  };
  const server = createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/contracts`,
    be(next: ServiceMood) {
      mood = next;
    },
    calls: () => calls,
    /** Ids of all trades it was asked for. */
    asked: () => asked,
    async stop() {
      for (const response of hanging) response.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(
  response: ServerResponse,
  mood: ServiceMood,
  trades: readonly { tradeId: string }[],
): void {
  if (mood === 'FAIL') {
    response.writeHead(503).end();
    return;
  }
  const contracts = trades.map(({ tradeId }) => ({
    tradeId,
    uti: utiOfService(mood === 'SAME_UTI' ? 'one' : tradeId),
  }));
  if (mood === 'LEAVE_ONE_OUT') contracts.pop();
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(mood === 'NONSENSE' ? '{"contracts":[{"uti":"x"}]}' : JSON.stringify({ contracts }));
}
