import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ACT,
  type InstrumentStories,
  instrumentStories,
} from '../../../test/support/instrument-stories.ts';

let stories: InstrumentStories;

beforeAll(async () => {
  stories = await instrumentStories();
});
afterAll(() => stories.stop());

describe('PS-13 lots that go on under another instrument', () => {
  const spinOff = (symbol: string, childSymbol: string, effectiveDate: string) => ({
    actionId: `SPIN-${symbol}`,
    type: 'SPIN_OFF',
    symbol,
    effectiveDate,
    childSymbol,
    numerator: 1,
    denominator: 4,
    parentPrice: '54',
    childPrice: '24',
  });

  test('[G-15] the child gets its part of units, basis and dates, once', async () => {
    const [parent, child] = [await stories.listed('G15P'), await stories.listed('G15C')];
    await stories.record(parent, 'A', ['BUY', '200', '60', '2026-03-02']);
    const action = spinOff(parent, child, '2026-11-20');
    await Promise.all([stories.ask(ACT, action), stories.ask(ACT, action)]);
    expect(await stories.until(parent, 'A', '200 / 10800 / 0')).toMatchObject({ version: 2 });
    const received = await stories.until(child, 'A', '50 / 1200 / 0');
    expect(received).toMatchObject({ version: 1, lots: [{ openDate: '2026-03-02' }] });
    expect(received.events.edges[0]?.node).toMatchObject({
      type: 'LOTS_RECEIVED',
      details: {
        transferId: `SPIN-${parent}`,
        cause: 'CORPORATE_ACTION',
        fromPositionId: `B|A|INS_${parent}|USD|-|NET`,
        received: [{ openDate: '2026-03-02', quantity: '50' }],
      },
    });
  });

  test('of an action learnt late, what the corrected history delivers', async () => {
    const [parent, child] = [await stories.listed('LATEP'), await stories.listed('LATEC')];
    await stories.record(
      parent,
      'A',
      ['BUY', '200', '60', '2026-03-02'],
      ['BUY', '40', '54', '2026-03-16'],
    );
    await stories.ask(ACT, spinOff(parent, child, '2026-03-09'));
    await stories.until(parent, 'A', '240 / 12960 / 0');
    expect(await stories.until(child, 'A', '50 / 1200 / 0')).toMatchObject({ version: 1 });
  });

  test('a correction of what came after the action delivers nothing again', async () => {
    const [parent, child] = [await stories.listed('SAMEP'), await stories.listed('SAMEC')];
    await stories.record(parent, 'A', ['BUY', '200', '60', '2026-03-02']);
    await stories.ask(ACT, spinOff(parent, child, '2026-03-09'));
    await stories.record(parent, 'A', ['BUY', '10', '54', '2026-03-20']);
    await stories.record(parent, 'A', ['BUY', '10', '54', '2026-03-16']);
    await stories.until(parent, 'A', '220 / 11880 / 0');
    await stories.record(parent, 'A', ['BUY', '10', '54', '2026-03-17']);
    await stories.until(parent, 'A', '230 / 12420 / 0');
    expect(await stories.until(child, 'A', '50 / 1200 / 0')).toMatchObject({ version: 1 });
    expect(await stories.failedRecords()).toEqual([]);
  });

  test('lots that meet a short position close it, and what they earn is in the trail', async () => {
    const [parent, child] = [await stories.listed('MEETP'), await stories.listed('MEETC')];
    await stories.record(parent, 'A', ['BUY', '200', '60', '2026-03-02']);
    await stories.record(child, 'A', ['SELL', '30', '25', '2026-11-19']);
    await stories.ask(ACT, spinOff(parent, child, '2026-11-20'));
    // 50 delivered at 24: 30 of them cover what was sold at 25.
    const met = await stories.until(child, 'A', '20 / 480 / 30');
    expect(met.events.edges.at(-1)?.node).toMatchObject({ type: 'LOTS_RECEIVED' });
    expect(await stories.failedRecords()).toEqual([]);
  });

  test('a change of symbol takes everything over', async () => {
    const [before, after] = [await stories.listed('OLDSYM'), await stories.listed('NEWSYM')];
    await stories.record(before, 'A', ['SELL', '10', '60', '2026-03-02']);
    const symbols = { symbol: before, newSymbol: after, effectiveDate: '2026-11-20' };
    await stories.ask(ACT, { actionId: 'RENAME', type: 'SYMBOL_CHANGE', ...symbols });
    await stories.until(before, 'A', '0 / 0 / 0');
    expect(await stories.until(after, 'A', '-10 / -600 / 0')).toMatchObject({ version: 1 });
  });

  test('a correction that changes what was received replaces it, and says so', async () => {
    const [parent, child] = [await stories.listed('CHGP'), await stories.listed('CHGC')];
    await stories.record(parent, 'A', ['BUY', '200', '60', '2026-03-02']);
    await stories.ask(ACT, spinOff(parent, child, '2026-11-20'));
    await stories.until(child, 'A', '50 / 1200 / 0');
    await stories.record(child, 'A', ['SELL', '10', '30', '2026-11-20']);
    await stories.until(child, 'A', '40 / 960 / 60');
    await stories.record(parent, 'A', ['BUY', '40', '60', '2026-03-01']);
    const replaced = await stories.until(child, 'A', '50 / 1200 / 60');
    expect(replaced.events.edges.map(({ node }) => node)).toMatchObject([
      { type: 'LOTS_RECEIVED', details: { replacesVersion: null } },
      { type: 'TRADE_APPLIED' },
      {
        type: 'LOTS_RECEIVED',
        details: {
          replacesVersion: 1,
          received: [
            { openDate: '2026-03-01', quantity: '10' },
            { openDate: '2026-03-02', quantity: '50' },
          ],
        },
      },
      { type: 'HISTORICAL_POSITION_CORRECTED' },
    ]);
    await stories.record(parent, 'A', ['BUY', '40', '60', '2026-03-03']);
    expect(await stories.until(child, 'A', '60 / 1440 / 60')).toMatchObject({ version: 6 });
    expect(await stories.failedRecords()).toEqual([]);
  });

  test('a correction after which nothing is delivered takes back what was received', async () => {
    const [parent, child] = [await stories.listed('NONEP'), await stories.listed('NONEC')];
    await stories.record(parent, 'A', ['BUY', '200', '60', '2026-03-02']);
    await stories.ask(ACT, spinOff(parent, child, '2026-11-20'));
    await stories.until(child, 'A', '50 / 1200 / 0');
    await stories.record(parent, 'A', ['SELL', '200', '61', '2026-03-03']);
    expect(await stories.until(child, 'A', '0 / 0 / 0')).toMatchObject({ version: 3, lots: [] });
    expect(await stories.failedRecords()).toEqual([]);
  });
});
