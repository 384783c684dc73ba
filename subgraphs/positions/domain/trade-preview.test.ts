import { describe, expect, test } from 'vitest';
import { formatDecimal } from '#kernel/decimal';
import { weekdays } from './book-calendar.ts';
import { apply, correct, currentOf, historyOf, type History } from './history-test-support.ts';
import type { LotReliefMethod } from './lot-relief.ts';
import { termsWith, trade } from './position-test-support.ts';
import type { Figures } from './position.ts';
import { shown } from './tax-lot-test-support.ts';
import { date } from './tax-lot-test-support.ts';
import { previewTradeOn, type TradePreview } from './trade-preview.ts';
import type { Trade } from './trade.ts';

const TODAY = date('2026-03-20');
// [G-1] of the domain pages: E1 to E3, then X comes late.
const X = trade('X', 'BUY', '80', '11', { on: '2026-03-05' });

function g1(method: LotReliefMethod): History {
  const history = historyOf(TODAY, termsWith(method));
  apply(history, trade('E1', 'BUY', '100', '10', { on: '2026-03-02' }));
  apply(history, trade('E2', 'BUY', '100', '12', { on: '2026-03-09' }));
  apply(history, trade('E3', 'SELL', '150', '15', { on: '2026-03-16' }));
  return history;
}

function decided(history: History, previewed: Trade) {
  const { known, today, terms } = history;
  const command = { type: 'ApplyTrade', trade: previewed, today, terms, uti: null } as const;
  return previewTradeOn(known, { ...command, calendar: weekdays });
}

function previewed(history: History, of: Trade): TradePreview {
  const decision = decided(history, of);
  if (!decision.ok) throw new Error(decision.message);
  return decision.preview;
}

const figures = ({ quantity, costBasis, realizedPnl }: Omit<Figures, 'lotCount'>) =>
  [quantity, costBasis, realizedPnl].map(formatDecimal).join(' / ');

describe('the preview of a late trade', () => {
  test.each([
    ['FIFO', '50 / 600 / 650', '130 / 1480 / 650', '130 / 1530 / 700'],
    ['LIFO', '50 / 500 / 550', '130 / 1380 / 550', '130 / 1330 / 500'],
    ['HIFO', '50 / 500 / 550', '130 / 1380 / 550', '130 / 1330 / 500'],
    ['AVERAGE', '50 / 550 / 600', '130 / 1430 / 600', '130 / 1430 / 600'],
  ] as const)('G-1 says before, provisional and corrected under %s', (method, ...expected) => {
    const { classification, before, after, correction } = previewed(g1(method), X);
    expect(classification).toBe('BACKDATED');
    if (correction?.type !== 'CORRECTED') throw new Error('no correction');
    expect([before, after, correction.after].map(figures)).toEqual(expected);
  });

  test('says which later sales gain more or less, and what lots are left', () => {
    const { correction } = previewed(g1('FIFO'), X);
    if (correction?.type !== 'CORRECTED') throw new Error('no correction');
    expect(shown(correction.lots)).toEqual(['X 30 = 330', 'E2 100 = 1200']);
    expect(
      correction.restatements.map(({ tradeId, before, after }) => [
        tradeId,
        ...[before, after].map(formatDecimal),
      ]),
    ).toEqual([['E3', '650', '700']]);
    expect(correction.ownRestatement).toBeNull();
  });

  test('tells the gain of a late sale itself from those of later ones', () => {
    // [G-2]: at the tip it takes E2 at 12, in its place E1 at 10.
    const { effects, correction } = previewed(
      g1('FIFO'),
      trade('Y', 'SELL', '40', '13', { on: '2026-03-06' }),
    );
    if (correction?.type !== 'CORRECTED') throw new Error('no correction');
    expect(formatDecimal(effects?.realizedPnl ?? 0n)).toBe('40');
    expect(figures(correction.after)).toBe('10 / 120 / 690');
    const { ownRestatement, restatements } = correction;
    expect(
      [ownRestatement?.before, ownRestatement?.after].map((each) => formatDecimal(each ?? 0n)),
    ).toEqual(['40', '120']);
    expect(restatements.map(({ tradeId }) => tradeId)).toEqual(['E3']);
  });

  test('is what recording it and correcting then come to', () => {
    const history = g1('LIFO');
    const { after, correction } = previewed(history, X);
    apply(history, X);
    expect(currentOf(history)).toEqual(after);
    correct(history);
    if (correction?.type !== 'CORRECTED') throw new Error('no correction');
    expect(figures(currentOf(history))).toBe(figures(correction.after));
    expect(currentOf(history).lots).toEqual(correction.lots);
  });

  test('says that the correction would be refused in a long-only contract', () => {
    const history = g1('FIFO');
    history.terms = { ...history.terms, isLongOnly: true };
    const sale = trade('Y', 'SELL', '60', '13', { on: '2026-03-06' });
    expect(previewed(history, sale).correction).toMatchObject({
      type: 'REFUSED',
      reason: 'OVERSOLD_AFTER_REPLAY',
    });
  });

  test('leaves the history as it is', () => {
    const history = g1('FIFO');
    const before = structuredClone(history.known);
    previewed(history, X);
    expect(history.known).toEqual(before);
  });
});

describe('the preview of other trades', () => {
  test('shows the trail of a sale of today, and no correction', () => {
    const { classification, effects, after, correction } = previewed(
      g1('FIFO'),
      trade('E4', 'SELL', '20', '16', { on: '2026-03-20' }),
    );
    expect(classification).toBe('CURRENT_DATED');
    expect(effects?.allocations).toMatchObject([{ lotId: 'E2', gain: 8_000_000_000n }]);
    expect(figures(after)).toBe('30 / 360 / 730');
    expect(correction).toBeNull();
  });

  test('shows that a booking for a later day does not count yet', () => {
    const { classification, before, after, effects } = previewed(
      g1('FIFO'),
      trade('F1', 'BUY', '20', '16', { on: '2026-04-20' }),
    );
    expect(classification).toBe('FORWARD_DATED');
    expect(effects).toBeNull();
    expect(figures(after)).toBe(figures(before));
    expect(after.pendingForward).toHaveLength(1);
  });

  test('opens a position that has no history', () => {
    const { before, after, version } = previewed(historyOf(TODAY, termsWith('LIFO')), X);
    expect([before.version, version, after.version]).toEqual([0, 1, 1]);
    expect(after.reliefMethod).toBe('LIFO');
  });

  test('gives the reason for which it would be refused', () => {
    const history = g1('FIFO');
    history.terms = { ...history.terms, isLongOnly: true };
    expect(decided(history, trade('E4', 'SELL', '51', '16', { on: '2026-03-20' }))).toMatchObject({
      ok: false,
      reason: 'OVERSELL',
    });
  });
});
