/** Positions of many lots in a process of their own: opened at once, then traded. */

import { currencyCode } from '#kernel/money';
import { amount, quantity } from '#kernel/money';
import { decimal } from '#kernel/decimal';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { NO_CONTRACT_TERMS } from '../../subgraphs/positions/domain/contract-terms.ts';
import type { ReceivedLot } from '../../subgraphs/positions/domain/position-event.ts';
import { decide } from '../../subgraphs/positions/domain/position-decider.ts';
import { type PositionKey, positionKeyOf } from '../../subgraphs/positions/domain/position-key.ts';
import { buildRecording } from '../../subgraphs/positions/main.ts';
import { answerParent } from '../child.ts';
import { load } from './hot-load.ts';
import { createTradeStream, type TradeStream } from './hot-trades.ts';

export type LotsQuestion =
  | { readonly ask: 'open'; readonly stream: string; readonly lots: number }
  | { readonly ask: 'load'; readonly stream: string; readonly forMs: number };

const [url = ''] = process.argv.slice(2);
const POOL_SIZE = 20;
/** As many as stay in memory with 10,000 lots each. */
const POSITIONS = 40;
const UNITS_PER_LOT = '100';

const sql = openPool({ url, maxConnections: POOL_SIZE, applicationName: 'plumbline-bench' });
const recording = buildRecording({
  sql,
  databaseUrl: url,
  clock: systemClock,
  logger: silentLogger,
});
const streams = new Map<string, TradeStream>();

answerParent('ready', async (question) => {
  const asked = question as LotsQuestion;
  if (asked.ask === 'open') return openLots(asked.stream, asked.lots);
  const stream =
    streams.get(asked.stream) ??
    createTradeStream(asked.stream, { positions: POSITIONS, runLength: 2 }, systemClock.today());
  streams.set(asked.stream, stream);
  return load(recording, stream, {
    forMs: asked.forMs,
    tradesPerSecond: null,
    withDuplicates: false,
  });
});

/** As if the positions had come from elsewhere, each with all its lots at once. */
async function openLots(stream: string, count: number): Promise<number> {
  const today = systemClock.today();
  const lots = Array.from({ length: count }, (_, index): ReceivedLot => {
    const lotId = `TRADE-${stream}-EARLIER-${String(index).padStart(9, '0')}`;
    return {
      lotId,
      openDate: today,
      acquiredOn: today,
      quantity: quantity(decimal(UNITS_PER_LOT)),
      costBasis: amount(decimal(`${10_000 + (index % 97)}.25`)),
      settledResets: amount(decimal('0')),
      sourceTradeId: lotId,
      parentLotId: null,
    };
  });
  for (let index = 0; index < POSITIONS; index += 1) {
    const [outcome] = await recording.deps.writers.submit([
      {
        key: keyOf(`${stream}-${index}`),
        once: null,
        origin: { source: 'bench', user: 'bench', correlationId: 'bench', causationId: null },
        decide: (position) =>
          decide(position, {
            type: 'ReceiveLots',
            transferId: `${stream}-${index}`,
            cause: 'TRANSFER',
            fromPositionKey: 'elsewhere',
            effectiveDate: today,
            lots,
            terms: NO_CONTRACT_TERMS,
            today,
          }),
      },
    ]);
    if (outcome?.type !== 'RECORDED') throw new Error(JSON.stringify(outcome));
  }
  return POSITIONS;
}

function keyOf(accountId: string): PositionKey {
  const found = positionKeyOf({
    bookId: 'BOOK-1',
    accountId,
    contractId: null,
    instrumentId: 'ins_AAPL',
    symbol: 'AAPL',
    currency: currencyCode('USD'),
  });
  if (!found.ok) throw new Error(found.message);
  return found.key;
}
