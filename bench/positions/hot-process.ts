/** The record path of positions in a process of its own, as production has it. */

import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { buildRecording } from '../../subgraphs/positions/main.ts';
import { answerParent } from '../child.ts';
import { compareLate, load, type Loading } from './hot-load.ts';
import { createTradeStream, type TradeStream } from './hot-trades.ts';

export type HotQuestion =
  | ({ readonly ask: 'load'; readonly stream: string } & Loading)
  | { readonly ask: 'compare'; readonly stream: string; readonly forMs: number };

const [url = ''] = process.argv.slice(2);
/** As the platform opens it. */
const POOL_SIZE = 20;
const SHAPE = { positions: 1_000, runLength: 20 };

const sql = openPool({ url, maxConnections: POOL_SIZE, applicationName: 'plumbline-bench' });
const recording = buildRecording({
  sql,
  databaseUrl: url,
  clock: systemClock,
  logger: silentLogger,
});
const streams = new Map<string, TradeStream>();

answerParent('ready', async (question) => {
  const asked = question as HotQuestion;
  const stream =
    streams.get(asked.stream) ?? createTradeStream(asked.stream, SHAPE, systemClock.today());
  streams.set(asked.stream, stream);
  return asked.ask === 'load'
    ? load(recording, stream, asked)
    : compareLate(recording, stream, asked);
});
