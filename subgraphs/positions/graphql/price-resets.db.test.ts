import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  RESET,
  type InstrumentStories,
  instrumentStories,
} from '../../../test/support/instrument-stories.ts';

let stories: InstrumentStories;

beforeAll(async () => {
  stories = await instrumentStories();
});
afterAll(() => stories.stop());

describe('PS-15 resetPrices', () => {
  const reset = (symbol: string, changes: object = {}) => ({
    resetId: `RESET-${symbol}`,
    symbol,
    price: '103',
    effectiveDate: '2026-11-20',
    ...changes,
  });

  test('[G-5] pays what the price has moved since the last one, long and short', async () => {
    const symbol = await stories.listed('G5');
    await stories.record(symbol, 'LONG', ['BUY', '1000', '100', '2026-11-02']);
    await stories.record(symbol, 'SHORT', ['SELL', '1000', '100', '2026-11-02']);
    expect(await stories.ask(RESET, reset(symbol))).toMatchObject({
      __typename: 'PricesReset',
      appliedCount: 2,
      results: [{ outcome: 'APPLIED' }, { outcome: 'APPLIED' }],
    });
    const long = await stories.until(symbol, 'LONG', '1000 / 100000 / 3000');
    expect(long.events.edges.at(-1)?.node).toMatchObject({
      details: {
        resetPrice: { amount: '103' },
        settlement: { amount: '3000' },
        reset: [{ settlement: { amount: '3000' } }],
      },
    });
    await stories.until(symbol, 'SHORT', '-1000 / -100000 / -3000');
    await stories.record(symbol, 'LONG', ['SELL', '400', '105', '2026-11-20']);
    await stories.record(symbol, 'SHORT', ['BUY', '400', '105', '2026-11-20']);
    await stories.until(symbol, 'LONG', '600 / 60000 / 3800');
    await stories.until(symbol, 'SHORT', '-600 / -60000 / -3800');
    expect(await stories.ask(RESET, reset(symbol))).toMatchObject({
      appliedCount: 0,
      results: [{ outcome: 'DUPLICATE' }, { outcome: 'DUPLICATE' }],
    });
    expect(await stories.ask(RESET, reset(symbol, { price: '104' }))).toMatchObject({
      reason: 'DUPLICATE_RESET_ID_DIFFERENT_CONTENT',
    });
  });

  test('learnt late goes to its place', async () => {
    const symbol = await stories.listed('LATERESET');
    await stories.record(
      symbol,
      'A',
      ['BUY', '1000', '100', '2026-03-02'],
      ['SELL', '400', '105', '2026-03-16'],
    );
    expect(await stories.ask(RESET, reset(symbol, { effectiveDate: '2026-03-09' }))).toMatchObject({
      results: [{ position: { reconciliationStatus: 'PROVISIONAL' } }],
    });
    await stories.until(symbol, 'A', '600 / 60000 / 3800');
  });

  test.each([
    [{ symbol: 'NOBODY' }, 'UNKNOWN_INSTRUMENT'],
    [{ price: '0' }, 'INVALID_PRICE'],
    [{ effectiveDate: '2026-11-21' }, 'EFFECTIVE_DATE_IN_FUTURE'],
  ])('%j is refused as %s', async (changes, reason) => {
    expect(await stories.ask(RESET, reset('AAPL', changes))).toMatchObject({ reason });
  });

  test('of a contract leaves all other positions alone', async () => {
    const symbol = await stories.listed('TERMS');
    await stories.record(symbol, 'A', ['BUY', '1000', '100', '2026-11-02']);
    expect(await stories.ask(RESET, reset(symbol, { contractId: 'NONE' }))).toMatchObject({
      appliedCount: 0,
      results: [],
    });
  });
});
