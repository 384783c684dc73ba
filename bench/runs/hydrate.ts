/**
 * CPU of an event that three other subgraphs add to: our compiled executor against the stitched
 * schema of @graphql-tools/federation, both over the same subgraphs in this process. A number of
 * clients get an event each in the same moment, over and over; both take turns.
 */

import { type FillStreams, openFillStreams } from '../hydrate/hydrate-subgraphs.ts';
import { ours, stitched, type Subscribe } from '../hydrate/hydrating.ts';
import { costFigure, type Figure, median } from '../report.ts';

const CLIENTS = 20;
const EVENTS_PER_ROUND = 2_000;
const ROUNDS = 7;
const WARM_UP_ROUNDS = 2;

interface Contender {
  readonly streams: FillStreams;
  readonly iterators: readonly AsyncIterator<object>[];
}

async function contender(
  make: (streams: FillStreams) => Subscribe,
  clients: number,
): Promise<Contender> {
  const streams = openFillStreams();
  const subscribe = make(streams);
  const iterators = [];
  for (let client = 0; client < clients; client += 1) {
    iterators.push((await subscribe(client))[Symbol.asyncIterator]());
  }
  return { streams, iterators };
}

let pushed = 0;

/** One event for each client, all answered: the texts they get. */
async function burst({ streams, iterators }: Contender, number: number): Promise<string[]> {
  const answers = iterators.map(async (iterator) => {
    const step = await iterator.next();
    return JSON.stringify(step.value);
  });
  streams.push((stream) => ({
    id: `fill-${number}-${stream}`,
    quantity: '100',
    price: '187.50',
    instrument: { id: `ins_${(number + stream) % 8}` },
    account: { id: `acc_${stream}` },
    desk: { id: `desk_${stream % 3}` },
  }));
  return Promise.all(answers);
}

async function cpuUsPerEvent(each: Contender): Promise<number> {
  const bursts = Math.ceil(EVENTS_PER_ROUND / each.iterators.length);
  const before = process.cpuUsage();
  for (let count = 0; count < bursts; count += 1) await burst(each, (pushed += 1));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (bursts * each.iterators.length);
}

async function measure(clients: number): Promise<Figure> {
  const [mine, peer] = [await contender(ours, clients), await contender(stitched, clients)];
  const [same, expected] = [await burst(mine, 0), await burst(peer, 0)];
  if (same.join() !== expected.join()) throw new Error(`${same[0]} is not ${expected[0]}`);
  const costs: [number[], number[]] = [[], []];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const [own, theirs] = [await cpuUsPerEvent(mine), await cpuUsPerEvent(peer)];
    if (round < 0) continue;
    costs[0].push(own);
    costs[1].push(theirs);
  }
  for (const iterator of [...mine.iterators, ...peer.iterators]) await iterator.return?.();
  const when = clients === 1 ? 'one at a time' : `for ${clients} clients at once`;
  return {
    ...costFigure(
      {
        what: `CPU per event completed by 3 other subgraphs, ${when}`,
        value: median(costs[0]),
        unit: 'us',
      },
      { what: 'a schema stitched by @graphql-tools/federation', value: median(costs[1]) },
    ),
    ...(clients === 1 ? {} : { target: '8x at least, 20x aimed at' }),
  };
}

export async function run(): Promise<readonly Figure[]> {
  return [await measure(CLIENTS), await measure(1)];
}
