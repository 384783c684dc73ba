/**
 * What a message to a subscriber costs the process that sends it, in CPU time: through the hub,
 * with graphql-ws executing for each client, and as a plain `ws.send` of the same bytes. Clients
 * are in a process of their own. Then how long a tick takes to its clients, and the same with
 * ingestion and Postgres behind it.
 */

import { type Child, startChild } from '../child.ts';
import type { Heard, Wish } from '../fanout/counting-process.ts';
import { OPERATION, SYMBOLS } from '../fanout/prices.ts';
import type { ServerName } from '../fanout/servers.ts';
import type { Pushed, Pushing } from '../fanout/serving-process.ts';
import { withFreshDatabase } from '../fresh-database.ts';
import { costFigure, type Figure, median } from '../report.ts';
import { SYMBOLS as STORED_SYMBOLS } from '../ticks/market.ts';
import type { Fed, Feeding } from '../ticks/measure-ingest.ts';

const CLIENTS = 1_000;
const SERVING = new URL('../fanout/serving-process.ts', import.meta.url);
const COUNTING = new URL('../fanout/counting-process.ts', import.meta.url);
const TICKING = new URL('../ticks/serving-process.ts', import.meta.url);
const WARM_UP_MS = 1_000;
const MEASURED_MS = 4_000;
const ROUNDS = 3;
const ROUND_MS = 1_000;
const SETTLED_AFTER_MS = 400;
const DRAIN_LIMIT_MS = 15_000;
const US_PER_SECOND = 1_000_000;
const MS_PER_SECOND = 1_000;

interface Measured {
  readonly ticks: number;
  readonly messages: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly heard: Heard;
}

interface Hall {
  readonly server: Child;
  readonly clients: Child;
}

type Push = (pushing: Omit<Pushing, 'server'>) => Promise<Measured>;

export async function run(): Promise<readonly Figure[]> {
  const server = await startChild(SERVING, []);
  const clients = await startChild(COUNTING, []);
  const hall: Hall = { server, clients };
  try {
    return [
      ...(await againstExecutingForEach(hall)),
      ...(await writtenAtOnce(hall)),
      ...(await asManyAsPossible(hall)),
      ...(await latency(hall)),
      ...(await endToEnd(hall)),
    ];
  } finally {
    await clients.stop();
    await server.stop();
  }
}

async function againstExecutingForEach(hall: Hall): Promise<readonly Figure[]> {
  const hub = await measured(hall, 'gateway', 20, { ticksPerSecond: 10_000 });
  // All its core does: 12,000 messages a second.
  const each = await measured(hall, 'graphql-ws', 20, { ticksPerSecond: 300 });
  return [
    costFigure(
      {
        what: `CPU a message, ${CLIENTS} clients x 20 symbols, 10,000 ticks/s`,
        value: usEach(hub),
        unit: 'us',
        target: '>= 25x, aim 45x',
      },
      { what: 'graphql-ws executing per client, at 300 ticks/s', value: usEach(each) },
    ),
    {
      what: 'of these, messages a second',
      value: hub.messages / hub.seconds,
      unit: 'messages/s',
    },
  ];
}

/** In turns, so that what else the machine does hits both alike. */
async function writtenAtOnce(hall: Hall): Promise<readonly Figure[]> {
  const clients = 200;
  const hubUs: number[] = [];
  const plainUs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const everySymbol = { clients, symbolsEach: SYMBOLS.length };
    hubUs.push(usEach(await pushedAtOnce(hall, 'gateway-at-once', everySymbol)));
    plainUs.push(usEach(await pushedAtOnce(hall, 'ws', { clients, symbolsEach: 0 })));
  }
  return [
    costFigure(
      {
        what: `CPU a message, each tick written to ${clients} clients before the next is made`,
        value: median(hubUs),
        unit: 'us',
        target: '>= 1.2x, aim 1.5x',
      },
      { what: 'plain ws.send of a constant string', value: median(plainUs) },
    ),
  ];
}

function pushedAtOnce(
  hall: Hall,
  server: ServerName,
  audience: Pick<Wish, 'clients' | 'symbolsEach'>,
): Promise<Measured> {
  return before(hall, server, audience, async (push) => {
    const pushing = { forMs: ROUND_MS, ticksPerSecond: null, atOnce: 1 };
    await push(pushing);
    return push(pushing);
  });
}

async function asManyAsPossible(hall: Hall): Promise<readonly Figure[]> {
  const found = await measured(hall, 'gateway', 50, { ticksPerSecond: null });
  return [
    {
      what: `messages for each second of CPU, ${CLIENTS} clients x 50 symbols, all it takes`,
      value: found.messages / found.cpuSeconds,
      unit: 'messages/s a core',
      target: '>= 500,000, aim 1,000,000',
    },
  ];
}

async function latency(hall: Hall): Promise<readonly Figure[]> {
  const { heard, messages, seconds } = await measured(hall, 'gateway', 5, {
    ticksPerSecond: 10_000,
  });
  const at = `${CLIENTS} clients x 5 symbols, 10,000 ticks/s`;
  return [
    { what: `tick to client, p50, ${at}`, value: heard.p50Ms, unit: 'ms' },
    {
      what: `tick to client, p99, ${at}`,
      value: heard.p99Ms,
      unit: 'ms',
      target: '< 50 ms, aim < 25 ms',
    },
    { what: `messages a second, ${at}`, value: messages / seconds, unit: 'messages/s' },
  ];
}

/** Ticks are judged, stored and published before they are handed out. */
async function endToEnd({ clients }: Hall): Promise<readonly Figure[]> {
  const symbolsEach = 10;
  return withFreshDatabase(async (url) => {
    const server = await startChild(TICKING, [url]);
    try {
      const wish: Wish = {
        port: Number(server.ready),
        clients: CLIENTS,
        symbolsEach,
        symbols: STORED_SYMBOLS,
        operation: OPERATION,
      };
      await clients.ask(wish);
      const known = ((await clients.ask({ reset: true })) as Heard).messages;
      const perTick = (CLIENTS * symbolsEach) / STORED_SYMBOLS.length;
      const feed = async (forMs: number): Promise<Fed> => {
        const feeding: Feeding = { forMs, ticksPerSecond: 2_000, subscribers: 0 };
        return (await server.ask(feeding)) as Fed;
      };
      const warm = await drained(clients, known + (await feed(WARM_UP_MS)).ticks * perTick);
      await clients.ask({ reset: true });
      const fed = await feed(MEASURED_MS);
      const heard = await drained(clients, warm.messages + fed.ticks * perTick);
      const messages = heard.messages - warm.messages;
      const at = `${CLIENTS} clients x ${symbolsEach} symbols, 2,000 ticks/s stored in Postgres`;
      return [
        {
          what: `CPU a message, all of ingestion included, ${at}`,
          value: (fed.cpuSeconds * US_PER_SECOND) / messages,
          unit: 'us',
        },
        { what: `event time to client, p99, ${at}`, value: heard.p99Ms, unit: 'ms' },
      ];
    } finally {
      await clients.ask({ leave: true });
      await server.stop();
    }
  });
}

function measured(
  hall: Hall,
  server: ServerName,
  symbolsEach: number,
  { ticksPerSecond }: Pick<Pushing, 'ticksPerSecond'>,
): Promise<Measured> {
  return before(hall, server, { clients: CLIENTS, symbolsEach }, async (push) => {
    await push({ forMs: WARM_UP_MS, ticksPerSecond, atOnce: 20 });
    return push({ forMs: MEASURED_MS, ticksPerSecond, atOnce: 20 });
  });
}

/** Before an audience, which leaves afterwards. */
async function before(
  { server, clients }: Hall,
  name: ServerName,
  { clients: count, symbolsEach }: Pick<Wish, 'clients' | 'symbolsEach'>,
  show: (push: Push) => Promise<Measured>,
): Promise<Measured> {
  const port = (await server.ask({ portOf: name })) as number;
  const wish: Wish = { port, clients: count, symbolsEach, symbols: SYMBOLS, operation: OPERATION };
  await clients.ask(wish);
  await new Promise((resolve) => setTimeout(resolve, SETTLED_AFTER_MS));
  const perTick = symbolsEach === 0 ? count : (count * symbolsEach) / SYMBOLS.length;
  const cpuNow = async () => (await server.ask({ cpuSeconds: true })) as number;
  try {
    return await show(async (pushing) => {
      const known = ((await clients.ask({ reset: true })) as Heard).messages;
      const cpuBefore = await cpuNow();
      const startedAtMs = performance.now();
      const { ticks } = (await server.ask({ ...pushing, server: name })) as Pushed;
      // Symbols take turns: some of them may be a tick ahead.
      const heard = await drained(clients, known + Math.floor(ticks * perTick) - count);
      const seconds = (performance.now() - startedAtMs) / MS_PER_SECOND;
      const cpuSeconds = (await cpuNow()) - cpuBefore;
      return { ticks, messages: heard.messages - known, seconds, cpuSeconds, heard };
    });
  } finally {
    await clients.ask({ leave: true });
  }
}

/** What was heard once nothing more comes, and all that was expected has. */
async function drained(clients: Child, expected: number): Promise<Heard> {
  const untilMs = performance.now() + DRAIN_LIMIT_MS;
  let heard = (await clients.ask({ heard: true })) as Heard;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const now = (await clients.ask({ heard: true })) as Heard;
    if (now.messages >= expected && now.messages === heard.messages) return now;
    if (performance.now() > untilMs) {
      throw new Error(`${now.messages} of ${expected} messages came`);
    }
    heard = now;
  }
}

function usEach({ cpuSeconds, messages }: Measured): number {
  return (cpuSeconds * US_PER_SECOND) / messages;
}
