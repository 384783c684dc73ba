import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { type ContractTerms, NO_CONTRACT_TERMS } from '../domain/contract-terms.ts';
import { tradeIdIn } from '../domain/event-contents.ts';
import { keyOf, positionAfter, TODAY, trade } from '../domain/position-test-support.ts';
import type { Trade } from '../domain/trade.ts';
import {
  type BatchFacts,
  decideBatch as decideCommands,
  type WriteOutcome,
} from './decide-batch.ts';
import { type TradeCommand, tradeOutcomeOf, writeCommandOf } from './trade-command.ts';

const command = (each: Trade, requestHash = each.tradeId): TradeCommand => ({
  trade: each,
  requestHash,
  terms: NO_CONTRACT_TERMS,
  uti: `UTI-${each.tradeId}`,
  source: 'graphql',
  user: 'trader',
  correlationId: 'correlation-1',
  causationId: null,
});

const nothing: BatchFacts = {
  stored: new Map(),
  positions: new Map(),
  histories: new Map(),
  today: TODAY,
  nowMs: 0,
};

/** The batch, with its outcomes as those of trades. */
function decideBatch(trades: readonly TradeCommand[], facts: BatchFacts) {
  const { outcomes, writes } = decideCommands(trades.map(writeCommandOf), facts);
  return {
    outcomes: outcomes.map((outcome, index) =>
      tradeOutcomeOf(trades[index]?.trade.tradeId ?? '', outcome as WriteOutcome<never>),
    ),
    writes,
  };
}

const other = keyOf({ bookId: 'BOOK-1', accountId: 'ACC-2' });

describe('a closed period', () => {
  const closedFrom = (day: string): ContractTerms => ({
    ...NO_CONTRACT_TERMS,
    booksClosedBefore: businessDate(day),
  });
  const late = trade('T1', 'BUY', '1', '1', { on: '2026-10-30' });

  test('refuses a new trade, and knows one that was recorded before it was closed', () => {
    const terms = closedFrom('2026-11-01');
    const refusal = decideBatch([{ ...command(late), terms }], nothing);
    expect(refusal.outcomes).toMatchObject([{ type: 'REFUSED', reason: 'PERIOD_CLOSED' }]);
    expect(refusal.writes.events).toEqual([]);
    const stored: BatchFacts['stored'] = new Map([
      [
        'T1',
        {
          requestHash: 'T1',
          positionKey: late.key.text,
          eventVersion: 4,
          classification: 'CURRENT_DATED',
          uti: null,
        },
      ],
    ]);
    const again = decideBatch([{ ...command(late), terms }], { ...nothing, stored });
    expect(again.outcomes).toMatchObject([{ type: 'RECORDED', eventVersion: 4, position: null }]);
  });

  test('takes a trade with a reason, and one of an open day', () => {
    const reasoned = { ...late, overrideReason: 'auditor 7' };
    const { outcomes } = decideBatch(
      [
        { ...command(reasoned), terms: closedFrom('2026-11-01') },
        { ...command(trade('T2', 'BUY', '1', '1')), terms: closedFrom('2026-11-01') },
      ],
      nothing,
    );
    expect(outcomes).toMatchObject([{ type: 'RECORDED' }, { type: 'RECORDED' }]);
  });
});

describe('a batch', () => {
  test('writes one event per trade and one snapshot per position', () => {
    const { outcomes, writes } = decideBatch(
      [
        command(trade('T1', 'BUY', '1', '1')),
        command(trade('T2', 'BUY', '1', '1', { key: other })),
        command(trade('T3', 'BUY', '1', '1')),
      ],
      nothing,
    );
    expect(outcomes).toMatchObject([{ eventVersion: 1 }, { eventVersion: 1 }, { eventVersion: 2 }]);
    expect(writes.events.map(({ event }) => tradeIdIn(event))).toEqual(['T1', 'T2', 'T3']);
    expect(writes.snapshots.map(({ position }) => position.version)).toEqual([2, 1]);
  });

  test('goes on from the positions it is given', () => {
    const past = positionAfter([trade('T0', 'BUY', '5', '1')]);
    const { outcomes } = decideBatch([command(trade('T1', 'SELL', '2', '3'))], {
      ...nothing,
      positions: new Map([
        [trade('T0', 'BUY', '5', '1').key.text, { position: past, lastHash: null, chunks: null }],
      ]),
    });
    expect(outcomes).toMatchObject([{ eventVersion: 2, position: { version: 2 } }]);
  });

  test('drops a trade that is in it twice, and refuses its id for another one', () => {
    const first = command(trade('T1', 'BUY', '1', '1'));
    const another = { ...first, requestHash: 'another' };
    const { outcomes, writes } = decideBatch([first, first, another], nothing);
    expect(outcomes).toMatchObject([
      { type: 'RECORDED', eventVersion: 1, position: { version: 1 } },
      { type: 'RECORDED', eventVersion: 1, position: null },
      { type: 'REFUSED', reason: 'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT' },
    ]);
    expect(writes.events).toHaveLength(1);
  });

  test('lets a trade in whose id was only refused before', () => {
    const closed = { ...NO_CONTRACT_TERMS, booksClosedBefore: businessDate('2026-11-19') };
    const late = trade('T2', 'BUY', '1', '1', { on: '2026-11-18' });
    const { outcomes } = decideBatch(
      [
        command(trade('T1', 'BUY', '1', '1', { on: '2026-11-19' })),
        { ...command(late), terms: closed },
        command(trade('T2', 'BUY', '1', '1'), 'corrected'),
      ],
      nothing,
    );
    expect(outcomes).toMatchObject([
      { type: 'RECORDED' },
      { type: 'REFUSED', reason: 'PERIOD_CLOSED' },
      { type: 'RECORDED', eventVersion: 2 },
    ]);
  });
});
