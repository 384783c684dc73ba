/** Positions written through the record path of a test, and what is stored of them. */

import type { Sql } from 'postgres';
import { expect } from 'vitest';
import { foldAsOf } from '../../subgraphs/positions/domain/fold.ts';
import { keyOf } from '../../subgraphs/positions/domain/position-test-support.ts';
import type { PositionKey } from '../../subgraphs/positions/domain/position-key.ts';
import type { TradeRequest } from '../../subgraphs/positions/domain/trade.ts';
import type { Recording } from '../../subgraphs/positions/main.ts';
import { eventsAfter } from '../../subgraphs/positions/store/event-rows.ts';
import { loadStored } from '../../subgraphs/positions/store/stored-positions.ts';
import { sentTrade } from './positions-world.ts';

/** More than any test writes. */
const MAX_EVENTS = 100_000;

/** Positions that no other test of the file sees. */
export function createKeys(prefix: string): () => PositionKey {
  let next = 0;
  return () => {
    next += 1;
    return keyOf({ bookId: 'BOOK-1', accountId: `${prefix}-${next}` });
  };
}

/** A trade id of its own for every position. */
export const idOf = (key: PositionKey, name: string) => `${key.accountId}-${name}`;

/**
 * Records purchases of 100 at 10, today, T1, T2 and so on, changed as given; throws on a refusal.
 */
export async function recordAll(
  recording: Recording,
  key: PositionKey,
  trades: readonly Partial<TradeRequest>[],
): Promise<void> {
  const { accountId } = key;
  const answers = await recording.recordTrades(
    trades.map((each, index) =>
      sentTrade({ accountId, tradeId: idOf(key, `T${index + 1}`), ...each }),
    ),
  );
  const refused = answers.filter(({ type }) => type === 'REFUSED');
  if (refused.length > 0) throw new Error(JSON.stringify(refused));
}

export async function snapshotOf(sql: Sql, key: PositionKey) {
  const [row] = await sql`
    select * from positions.snapshot_store where position_key = ${key.text}`;
  if (row === undefined) throw new Error(`expected a snapshot of ${key.text}`);
  return row;
}

/** What is stored is what the events of the position come to, and none is missing. */
export async function expectFold(sql: Sql, key: PositionKey): Promise<void> {
  const events = await eventsAfter(sql, key, { after: 0, limit: MAX_EVENTS });
  expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
  const stored = (await loadStored(sql, [key.text])).get(key.text);
  expect(stored?.position).toEqual(foldAsOf(events));
}
