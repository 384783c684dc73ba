import { describe, expect, test } from 'vitest';
import { judgeAll, type Sent, shortly, start } from './judge-tick-test-support.ts';
import { MAX_SEQUENCE_STEP, REFUSED_UNTIL_RESTART } from './tick-rules-sequence.ts';

describe('MD-3 sequence of a source', () => {
  test('tells a duplicate from a late one, per source', () => {
    const state = judgeAll(
      start(),
      { price: '100', sourceSequence: '7' },
      { price: '100', sourceSequence: '9' },
    ).state;
    const next = (sourceSequence: string, source = 'A') =>
      shortly(judgeAll(state, { price: '100', sourceSequence, source }));
    expect(next('9')).toBe('REJECTED DUPLICATE');
    expect(next('7')).toBe('REJECTED DUPLICATE');
    expect(next('8')).toBe('REJECTED OUT_OF_SEQUENCE');
    expect(next('10')).toBe('ACCEPTED');
    expect(next('7', 'B')).toBe('ACCEPTED');
  });

  test('a number too far ahead is refused, so that it does not silence the source', () => {
    const state = judgeAll(start(), { price: '100', sourceSequence: '7' }).state;
    const next = (sourceSequence: bigint) =>
      judgeAll(state, { price: '100', sourceSequence: `${sourceSequence}` });
    expect(shortly(next(7n + MAX_SEQUENCE_STEP))).toBe('ACCEPTED');
    const ahead = next(8n + MAX_SEQUENCE_STEP);
    expect(shortly(ahead)).toBe('REJECTED OUT_OF_SEQUENCE');
    expect(shortly(judgeAll(ahead.state, { price: '100', sourceSequence: '8' }))).toBe('ACCEPTED');
  });

  const counted = (from: number, count: number): Sent[] =>
    Array.from({ length: count }, (_, n) => ({ price: '100', sourceSequence: `${from + n}` }));

  test('a source that goes on from a lower number has started anew', () => {
    const last = { price: '100', sourceSequence: '9223372036854775807' };
    const refused = judgeAll(start(), last, ...counted(1, REFUSED_UNTIL_RESTART));
    expect(shortly(refused)).toBe('REJECTED OUT_OF_SEQUENCE');
    const again = judgeAll(refused.state, { price: '100', sourceSequence: '101' });
    expect(again.verdict).toMatchObject({
      kind: 'ACCEPTED',
      tick: { flags: ['SEQUENCE_RESTARTED'] },
    });
    const next = judgeAll(again.state, { price: '100', sourceSequence: '102' });
    expect(next.verdict).toMatchObject({ kind: 'ACCEPTED', tick: { flags: [] } });
    expect(shortly(judgeAll(again.state, { price: '100', sourceSequence: '100' }))).toBe(
      'REJECTED OUT_OF_SEQUENCE',
    );
  });

  test('late ticks are no new start while the source goes on, or when they do not grow', () => {
    const last = { price: '100', sourceSequence: '1000' };
    const most = counted(1, REFUSED_UNTIL_RESTART);
    const between = { price: '100', sourceSequence: '1001' };
    const goesOn = judgeAll(start(), last, ...most, between, ...counted(101, 1));
    expect(shortly(goesOn)).toBe('REJECTED OUT_OF_SEQUENCE');
    const repeated = judgeAll(start(), last, ...most, ...counted(REFUSED_UNTIL_RESTART, 1));
    expect(shortly(repeated)).toBe('REJECTED OUT_OF_SEQUENCE');
  });

  test('a held tick counts as sent', () => {
    const held = judgeAll(start(), { price: '130', sourceSequence: '5' });
    expect(shortly(held)).toBe('QUARANTINED JUMP');
    expect(shortly(judgeAll(held.state, { price: '100', sourceSequence: '5' }))).toBe(
      'REJECTED DUPLICATE',
    );
  });
});
