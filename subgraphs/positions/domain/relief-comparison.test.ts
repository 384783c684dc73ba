import { describe, expect, test } from 'vitest';
import { formatDecimal } from '#kernel/decimal';
import { quantity } from '#kernel/money';
import { compareRelief, type ReliefComparison } from './relief-comparison.ts';
import { positionAfter, trade } from './position-test-support.ts';
import { units } from './tax-lot-test-support.ts';

// [G-9] of the domain pages.
const LOTS = [
  trade('L1', 'BUY', '100', '50', { fees: '5', on: '2026-01-05' }),
  trade('L2', 'BUY', '100', '60', { fees: '5', on: '2026-02-10' }),
  trade('L3', 'BUY', '50', '45', { fees: '5', on: '2026-03-15' }),
];
const SALE = trade('S', 'SELL', '120', '58', { fees: '6', on: '2026-04-20' });
const ELECTED = [
  { lotId: 'L3', quantity: units('50') },
  { lotId: 'L2', quantity: units('70') },
];

function shown(comparison: ReliefComparison): string {
  if (!comparison.isApplicable) return `${comparison.method} ${comparison.reason}`;
  const { method, effects, after } = comparison;
  const taken = effects.allocations.map(
    ({ lotId, takenQuantity }) => `${lotId} ${formatDecimal(takenQuantity)}`,
  );
  const figures = [effects.realizedPnl, after.costBasis].map(formatDecimal).join(' / ');
  return `${method} ${taken.join(', ')}: ${figures} in ${after.lotCount}`;
}

describe('a sale under every relief method', () => {
  const open = positionAfter(LOTS);

  test('G-9 realizes what the order of the lots makes of it', () => {
    expect(compareRelief(open, { ...SALE, electedLots: ELECTED }).map(shown)).toEqual([
      'FIFO L1 100, L2 20: 748 / 7059 in 2',
      'LIFO L3 50, L2 70: 495.5 / 6806.5 in 2',
      'HIFO L2 100, L1 20: -52 / 6259 in 2',
      'LOFO L3 50, L1 70: 1195.5 / 7506.5 in 2',
      'AVERAGE L1 120: 586.8 / 6897.8 in 1',
      'SPECIFIC L3 50, L2 70: 495.5 / 6806.5 in 2',
    ]);
  });

  test('leaves the same sum of basis and gain in every row', () => {
    const sums = compareRelief(open, { ...SALE, electedLots: ELECTED }).map((each) =>
      each.isApplicable ? each.after.costBasis - each.effects.realizedPnl : null,
    );
    expect(new Set(sums).size).toBe(1);
  });

  test('has no SPECIFIC without an election, nor with a wrong one', () => {
    expect(compareRelief(open, SALE).map(shown)[5]).toBe('SPECIFIC LOTS_NOT_ELECTED');
    const wrong = { ...SALE, electedLots: ELECTED.slice(0, 1) };
    expect(compareRelief(open, wrong).map(shown)[5]).toBe('SPECIFIC INVALID_LOT_ELECTION');
  });

  test('needs no election when it closes all lots', () => {
    const all = { ...SALE, quantity: units('250') };
    expect(compareRelief(open, all).map(shown)[5]).toBe(
      'SPECIFIC L1 100, L2 100, L3 50: 1229 / 0 in 0',
    );
  });

  test('closes nothing when it is on the side of the position, or there is none', () => {
    const buy = { ...SALE, side: 'BUY' as const };
    expect(new Set(compareRelief(open, buy).map((each) => shown(each).split(' ')[1]))).toEqual(
      new Set(['NOTHING_TO_CLOSE']),
    );
    const flat = { ...open, quantity: quantity(0n), lots: [] };
    expect(compareRelief(flat, SALE).every((each) => !each.isApplicable)).toBe(true);
  });
});

describe('the term of a gain', () => {
  const held = (on: string) => [trade('L1', 'BUY', '10', '10', { on })];
  const byTerm = (bought: string, sold: string) => {
    const [fifo] = compareRelief(
      positionAfter(held(bought)),
      trade('S', 'SELL', '10', '15', { on: sold }),
    );
    if (fifo?.isApplicable !== true || fifo.gainByTerm === null) throw new Error('no term');
    const { shortTerm, longTerm } = fifo.gainByTerm;
    return [shortTerm, longTerm].map(formatDecimal);
  };

  test('is short up to 365 days, and long from the next day on', () => {
    expect(byTerm('2025-01-10', '2026-01-10')).toEqual(['50', '0']);
    expect(byTerm('2025-01-10', '2026-01-11')).toEqual(['0', '50']);
  });

  test('counts the days that are tacked on', () => {
    const open = positionAfter(held('2025-06-10'));
    const tacked = {
      ...open,
      lots: open.lots.map((lot) => ({
        ...lot,
        acquiredOn: trade('', 'BUY', '1', '1', { on: '2024-01-10' }).effectiveDate,
      })),
    };
    const [fifo] = compareRelief(tacked, trade('S', 'SELL', '10', '15', { on: '2025-07-10' }));
    expect(fifo).toMatchObject({ gainByTerm: { shortTerm: 0n, longTerm: 5_000_000_000n } });
  });

  test('is not known for a pool of several lots', () => {
    const comparisons = compareRelief(positionAfter(LOTS), SALE);
    expect(comparisons[4]).toMatchObject({ method: 'AVERAGE', gainByTerm: null });
  });
});
