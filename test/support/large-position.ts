/** Writes a long history of one position in few large batches, past the writers' limits. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { amount, currencyCode, price, quantity } from '#kernel/money';
import { NO_CONTRACT_TERMS } from '../../subgraphs/positions/domain/contract-terms.ts';
import { positionKeyOf } from '../../subgraphs/positions/domain/position-key.ts';
import type { Trade } from '../../subgraphs/positions/domain/trade.ts';
import { createTradeBatchStore } from '../../subgraphs/positions/store/trade-batches.ts';
import { decideBatch } from '../../subgraphs/positions/use-cases/decide-batch.ts';
import { writeCommandOf } from '../../subgraphs/positions/use-cases/trade-command.ts';
import type { FireTrade } from './positions-under-fire.ts';

const BATCH_SIZE = 5_000;
const NOW_MS = 0;

/** All of one position, none of them late. */
export async function writeHistory(
  sql: Sql,
  trades: readonly FireTrade[],
  today: BusinessDate,
): Promise<void> {
  const batches = createTradeBatchStore(sql);
  const stored = new Map();
  const histories = new Map();
  let positions = new Map();
  for (let first = 0; first < trades.length; first += BATCH_SIZE) {
    const commands = trades.slice(first, first + BATCH_SIZE).map(commandOf);
    const facts = { stored, positions, histories, today, nowMs: NOW_MS };
    const { outcomes, writes } = decideBatch(commands, facts);
    const refused = outcomes.find(({ type }) => type !== 'RECORDED');
    if (refused !== undefined) throw new Error(JSON.stringify(refused));
    const [after] = await batches.commit(writes);
    const [snapshot] = writes.snapshots;
    if (after === undefined || snapshot === undefined) throw new Error('nothing was written');
    positions = new Map([[snapshot.key.text, after]]);
  }
}

function commandOf(trade: FireTrade) {
  return writeCommandOf({
    trade: tradeOf(trade),
    requestHash: trade.tradeId,
    terms: NO_CONTRACT_TERMS,
    uti: `UTI-${trade.tradeId}`,
    source: 'graphql',
    user: 'operations',
    correlationId: 'history',
    causationId: null,
  });
}

function tradeOf(trade: FireTrade): Trade {
  const { bookId, accountId, symbol } = trade;
  const key = positionKeyOf({
    bookId,
    accountId,
    symbol,
    contractId: null,
    instrumentId: `ins_${symbol}`,
    currency: currencyCode('USD'),
  });
  if (!key.ok) throw new Error(key.message);
  return {
    tradeId: trade.tradeId,
    key: key.key,
    side: trade.side,
    quantity: quantity(decimal(trade.quantity)),
    price: price(decimal(trade.price)),
    fees: amount(0n),
    effectiveDate: businessDate(trade.effectiveDate),
    executedAtMs: null,
    clOrdId: null,
    electedLots: null,
    overrideReason: null,
  };
}
