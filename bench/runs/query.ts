/**
 * CPU per request and throughput of one query over 1, 3 and 5 subgraphs: our gateway, ApolloGateway
 * over the same sources and over LocalGraphQLDataSource, and an Apollo Server monolith of the same
 * resolvers.
 * The servers take turns, so that what else the machine does hits all of them alike.
 */

import { CONTENDERS, type Contender, type Separate } from '../query/contenders.ts';
import { type Operation, OPERATIONS } from '../query/operations.ts';
import { type Sample, serve, type Serving } from '../query/serving.ts';
import { costFigure, type Figure, median, rateFigure } from '../report.ts';

const ALL_SUBGRAPHS = 5;
const ROUNDS = 5;
const WARM_UP_MS = 1_500;
/** Until the engine has compiled what is used, which takes longer on a busy machine. */
const WARM_UP_REQUESTS = 3_000;
const ROUND_MS = 1_000;

const NAMES: Readonly<Record<Exclude<Contender, 'ours'>, string>> = {
  'same-sources': 'ApolloGateway with the same in-process sources',
  'plain-gateway': 'plain ApolloGateway with LocalGraphQLDataSource',
  monolith: 'Apollo Server monolith',
};

const TARGETS: typeof NAMES = {
  'same-sources': '3x at least, 4.5x aimed at',
  'plain-gateway': '6x at least, 10x aimed at',
  monolith: '1.5x at least, 2.2x aimed at',
};

export async function run(): Promise<readonly Figure[]> {
  const servers: Serving[] = [];
  try {
    for (const name of CONTENDERS) servers.push(await serve(name));
    const figures: Figure[] = [];
    for (const operation of OPERATIONS) {
      figures.push(...figuresOf(operation, await measure(servers, operation)));
    }
    return [...figures, await separateFigure()];
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** The query over 5 subgraphs, with these in another process. */
async function separateFigure(): Promise<Figure> {
  const servers: Serving[] = [];
  try {
    for (const name of ['ours-separate', 'default-separate'] as const) {
      servers.push(await serve(name));
    }
    const operation = OPERATIONS.find(({ subgraphs }) => subgraphs === ALL_SUBGRAPHS);
    if (!operation) throw new Error('no query over all subgraphs');
    const samples = await measure(servers, operation);
    const costOf = (name: Separate) =>
      median((samples.get(name) ?? []).map(({ cpuUsPerRequest }) => cpuUsPerRequest));
    return {
      ...costFigure(
        {
          what: 'CPU per request of gateway and subgraphs in separate processes, 5 subgraphs',
          value: costOf('ours-separate'),
          unit: 'us',
        },
        {
          what: 'default ApolloGateway and Apollo Server subgraphs',
          value: costOf('default-separate'),
        },
      ),
      target: '4x at least, 7x aimed at',
    };
  } finally {
    for (const server of servers) await server.stop();
  }
}

type Samples = ReadonlyMap<Contender | Separate, readonly Sample[]>;

async function measure(servers: readonly Serving[], operation: Operation): Promise<Samples> {
  const expected = await sameAnswerOf(servers, operation);
  for (const server of servers) {
    await server.load(operation, { expected, forMs: WARM_UP_MS, atLeast: WARM_UP_REQUESTS });
  }
  const samples = new Map<Contender | Separate, Sample[]>(servers.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const server of servers) {
      const sample = await server.load(operation, { expected, forMs: ROUND_MS });
      samples.get(server.name)?.push(sample);
    }
  }
  return samples;
}

/** All of them have to give the same text, and no errors, before anything is timed. */
async function sameAnswerOf(servers: readonly Serving[], operation: Operation): Promise<string> {
  const answers = await Promise.all(servers.map((server) => server.ask(operation)));
  const [expected = ''] = answers;
  const different = servers.find((_, index) => answers[index] !== expected);
  if (different) {
    throw new Error(`${different.name} answers differently over ${operation.subgraphs} subgraphs`);
  }
  const answer = JSON.parse(expected) as { readonly data?: unknown; readonly errors?: unknown };
  if (!answer.data || answer.errors) throw new Error(`no good answer: ${expected.slice(0, 500)}`);
  return expected;
}

function figuresOf({ subgraphs }: Operation, samples: Samples): readonly Figure[] {
  const medianOf = (name: Contender, pick: (sample: Sample) => number) =>
    median((samples.get(name) ?? []).map(pick));
  const over = subgraphs === 1 ? 'over 1 subgraph' : `over ${subgraphs} subgraphs`;
  return (['same-sources', 'plain-gateway', 'monolith'] as const).flatMap((other) => [
    {
      ...costFigure(
        {
          what: `CPU per request, query ${over}`,
          value: medianOf('ours', ({ cpuUsPerRequest }) => cpuUsPerRequest),
          unit: 'us',
        },
        {
          what: NAMES[other],
          value: medianOf(other, ({ cpuUsPerRequest }) => cpuUsPerRequest),
        },
      ),
      ...(subgraphs === ALL_SUBGRAPHS ? { target: TARGETS[other] } : {}),
    },
    rateFigure(
      {
        what: `throughput of one process, query ${over}`,
        value: medianOf('ours', ({ requestsPerSecond }) => requestsPerSecond),
        unit: 'requests/s',
      },
      {
        what: NAMES[other],
        value: medianOf(other, ({ requestsPerSecond }) => requestsPerSecond),
      },
    ),
  ]);
}
