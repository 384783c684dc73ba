/**
 * Ticks a second from the feed, through the rules, into Postgres and to 100 subscribers, and how
 * long one takes to its subscriber: inside the process, and over 100 WebSockets of the gateway.
 * Against the bare insert of the same ticks and a bare in-process fan-out.
 */

import { startChild } from '../child.ts';
import { withFreshDatabase } from '../fresh-database.ts';
import { type Figure, median, rateFigure } from '../report.ts';
import { SYMBOLS } from '../ticks/market.ts';
import type { Fed, Feeding } from '../ticks/measure-ingest.ts';
import { handOutPlainly, storePlainly } from '../ticks/references.ts';
import { openSockets } from '../ticks/sockets.ts';

const SUBSCRIBERS = 100;
const ROUNDS = 3;
const WANTED_TICKS_PER_SECOND = 10_000;
/** Far below what the sockets carry: how long a tick takes while nothing queues. */
const CALM_TICKS_PER_SECOND = 2_000;
/** Somewhat above what is wanted, so that it shows whether that is reached. */
const BUSY_TICKS_PER_SECOND = 12_000;
const WARM_UP_MS = 2_000;
const FLOOD_MS = 3_000;
const STEADY_MS = 6_000;
const STORE_MS = 1_500;
const HAND_OUT_MS = 300;
const SOCKET_LIMIT_MS = 10_000;
const US_PER_SECOND = 1_000_000;
const MS_PER_SECOND = 1_000;

type Feed = (wish: Feeding) => Promise<Fed>;

export function run(): Promise<readonly Figure[]> {
  return withFreshDatabase(async (url) => {
    const child = await startChild(new URL('../ticks/serving-process.ts', import.meta.url), [url]);
    try {
      const feed: Feed = async (wish) => (await child.ask(wish)) as Fed;
      const port = Number(child.ready);
      await feed({ forMs: WARM_UP_MS, ticksPerSecond: null, subscribers: SUBSCRIBERS });
      return [
        ...(await flooded(feed, url)),
        ...(await steady(feed)),
        ...(await overSockets(feed, port, CALM_TICKS_PER_SECOND)),
        ...(await overSockets(feed, port, BUSY_TICKS_PER_SECOND)),
      ];
    } finally {
      await child.stop();
    }
  });
}

/** Takes turns with the references, so that what else the machine does hits all of them alike. */
async function flooded(feed: Feed, url: string): Promise<readonly Figure[]> {
  const storeRates: number[] = [];
  const handOutRates: number[] = [];
  const feds: Fed[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    storeRates.push(await storePlainly(url, STORE_MS));
    handOutRates.push(handOutPlainly(SUBSCRIBERS, HAND_OUT_MS));
    feds.push(await feed({ forMs: FLOOD_MS, ticksPerSecond: null, subscribers: SUBSCRIBERS }));
  }
  const medianOf = (pick: (fed: Fed) => number) => median(feds.map(pick));
  return [
    rateFigure(
      {
        what: `ticks judged, committed and heard by ${SUBSCRIBERS} subscribers in process`,
        value: medianOf(({ ticks, seconds }) => ticks / seconds),
        unit: 'ticks/s',
        target: `>= ${perSecond(WANTED_TICKS_PER_SECOND)}/s`,
      },
      { what: 'bare unnest insert of the same ticks', value: median(storeRates) },
    ),
    rateFigure(
      {
        what: 'of these, deliveries: each tick to 10 subscribers in process',
        value: medianOf(({ deliveries, seconds }) => deliveries / seconds),
        unit: 'deliveries/s',
      },
      {
        what: 'bare in-process fan-out, nothing judged or stored',
        value: median(handOutRates) * medianOf(({ deliveries, ticks }) => deliveries / ticks),
      },
    ),
    {
      what: 'CPU of our process per tick, all of this',
      value: medianOf(({ cpuSeconds, ticks }) => (cpuSeconds * US_PER_SECOND) / ticks),
      unit: 'us',
    },
  ];
}

async function steady(feed: Feed): Promise<readonly Figure[]> {
  const fed = await feed({
    forMs: STEADY_MS,
    ticksPerSecond: WANTED_TICKS_PER_SECOND,
    subscribers: SUBSCRIBERS,
  });
  const at = `at ${perSecond(fed.ticks / fed.seconds)} ticks/s, ${SUBSCRIBERS} subscribers`;
  return [
    { what: `ingest to subscriber in process, p50, ${at}`, value: fed.deliveredMs.p50, unit: 'ms' },
    { what: `ingest to subscriber in process, p99, ${at}`, value: fed.deliveredMs.p99, unit: 'ms' },
    { what: `ingest to commit, p50, ${at}`, value: fed.committedMs.p50, unit: 'ms' },
    { what: `ingest to commit, p99, ${at}`, value: fed.committedMs.p99, unit: 'ms' },
    {
      what: `CPU of our process, ${at}`,
      value: fed.cpuSeconds / fed.seconds,
      unit: 'cores',
    },
  ];
}

/** Each socket has one symbol of its own, so that each tick is one message. */
async function overSockets(
  feed: Feed,
  port: number,
  ticksPerSecond: number,
): Promise<readonly Figure[]> {
  const sockets = await openSockets(
    port,
    SYMBOLS.slice(0, SUBSCRIBERS).map((each) => [each]),
  );
  try {
    const startedAtMs = performance.now();
    const fed = await feed({ forMs: STEADY_MS, ticksPerSecond, subscribers: 0 });
    const messages = await sockets.heard(fed.ticks, SOCKET_LIMIT_MS);
    const seconds = (performance.now() - startedAtMs) / MS_PER_SECOND;
    if (messages < fed.ticks) throw new Error(`${messages} of ${fed.ticks} messages came`);
    const { p50, p99 } = sockets.deliveredMs();
    const at = `${perSecond(ticksPerSecond)} ticks/s fed, ${SUBSCRIBERS} WebSockets`;
    return [
      {
        what: `messages through the gateway, ${at}`,
        value: messages / seconds,
        unit: 'messages/s',
        target: `>= ${perSecond(Math.min(ticksPerSecond * 0.95, WANTED_TICKS_PER_SECOND))}/s`,
      },
      { what: `ingest to WebSocket message, p50, ${at}`, value: p50, unit: 'ms' },
      { what: `ingest to WebSocket message, p99, ${at}`, value: p99, unit: 'ms' },
      {
        what: `CPU of our process per message, ingestion and store included, ${at}`,
        value: (fed.cpuSeconds * US_PER_SECOND) / fed.ticks,
        unit: 'us',
      },
    ];
  } finally {
    await sockets.close();
  }
}

function perSecond(rate: number): string {
  return Math.round(rate).toLocaleString('en-US');
}
