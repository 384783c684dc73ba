import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays } from '#kernel/business-date';
import { weekdays } from './book-calendar.ts';
import { canStartFrom } from './fold.ts';
import { methods, played, steps } from './history-stream-test-support.ts';
import { apply, correct, currentOf, type History } from './history-test-support.ts';
import { figuresOf } from './position.ts';
import { trade } from './position-test-support.ts';
import { previewTradeOn, type TradePreview } from './trade-preview.ts';

const RUNS = { numRuns: 200 };
const previews = fc.record({
  side: fc.constantFrom('BUY' as const, 'SELL' as const),
  units: fc.integer({ min: 1, max: 500 }),
  daysOff: fc.integer({ min: -3, max: 15 }),
});

function previewedOn({ known, today, terms }: History, of: ReturnType<typeof trade>) {
  const command = { type: 'ApplyTrade', trade: of, today, terms, uti: null } as const;
  return previewTradeOn(known, { ...command, calendar: weekdays });
}

/** Fewer facts are counted anew from a checkpoint on: all else must be the same. */
function withoutCount({ correction }: TradePreview) {
  return correction?.type === 'CORRECTED' ? { ...correction, replayedCount: 0 } : correction;
}

describe('over random histories of every kind of event, by every relief method', () => {
  test('a preview is what recording the trade, and correcting it, then come to', () => {
    let corrected = 0;
    fc.assert(
      fc.property(steps, methods, fc.boolean(), previews, (stream, method, isLongOnly, asked) => {
        const history = played(stream, { method, isLongOnly });
        const on = addDays(history.today, -asked.daysOff);
        const previewed = trade('PREVIEWED', asked.side, String(asked.units), '12', { on });
        const decision = previewedOn(history, previewed);
        const refusal = apply(history, previewed);
        expect(refusal).toBe(decision.ok ? undefined : decision.reason);
        if (!decision.ok) return;

        const { after, correction, version } = decision.preview;
        expect(currentOf(history)).toEqual(after);
        expect(history.known[version - 1]?.event).toMatchObject({
          trade: { tradeId: 'PREVIEWED' },
        });
        if (correction === null) return;
        const outcome = correct(history);
        expect(outcome).toBe(correction.type === 'REFUSED' ? correction.reason : 'CORRECTED');
        if (correction.type === 'REFUSED') return;
        corrected += 1;
        expect(figuresOf(currentOf(history))).toEqual(correction.after);
        expect(currentOf(history).lots).toEqual(correction.lots);
      }),
      RUNS,
    );
    expect(corrected).toBeGreaterThan(0);
  });

  test('from a checkpoint it says the same', () => {
    let compared = 0;
    fc.assert(
      fc.property(steps, methods, previews, (stream, method, asked) => {
        const history = played(stream, { method });
        const on = addDays(history.today, -asked.daysOff);
        const previewed = trade('PREVIEWED', asked.side, String(asked.units), '12', { on });
        const whole = previewedOn(history, previewed);
        if (!whole.ok) return;
        for (const version of history.decidedAt) {
          const from = history.published[version - 1];
          const known = history.known.slice(version);
          if (from === undefined || !canStartFrom(from, known, null)) continue;
          if (from.lastEffectiveDate !== null && from.lastEffectiveDate > on) continue;
          compared += 1;
          const { today, terms } = history;
          const command = {
            type: 'ApplyTrade',
            trade: previewed,
            today,
            terms,
            uti: null,
          } as const;
          const decision = previewTradeOn(known, { ...command, calendar: weekdays }, from);
          expect(decision.ok && decision.preview.after.lots).toEqual(whole.preview.after.lots);
          expect(decision.ok && withoutCount(decision.preview)).toEqual(
            withoutCount(whole.preview),
          );
        }
      }),
      RUNS,
    );
    expect(compared).toBeGreaterThan(0);
  });
});
