import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ACT,
  figures,
  type InstrumentStories,
  instrumentStories,
} from '../../../test/support/instrument-stories.ts';

let stories: InstrumentStories;

beforeAll(async () => {
  stories = await instrumentStories();
});
afterAll(() => stories.stop());

const split = (symbol: string, effectiveDate: string, changes: object = {}) => ({
  actionId: `SPLIT-${symbol}`,
  type: 'SPLIT',
  symbol,
  effectiveDate,
  numerator: 2,
  denominator: 1,
  ...changes,
});

describe('PS-13 applyCorporateAction', () => {
  test('[G-14] a split 3:2 with cash in lieu of half a unit', async () => {
    const symbol = await stories.listed('G14');
    await stories.record(
      symbol,
      'A',
      ['BUY', '101', '30.30', '2026-10-01'],
      ['BUY', '50', '33', '2026-10-02'],
    );
    const terms = { numerator: 3, denominator: 2, lotSize: '1', cashInLieuPrice: '21' };
    const answer = await stories.ask(ACT, split(symbol, '2026-11-20', terms));
    expect(answer).toMatchObject({
      __typename: 'CorporateActionApplied',
      appliedCount: 1,
      nextAfter: null,
      results: [{ outcome: 'APPLIED', eventVersion: 3, reason: null }],
    });
    const after = await stories.positionOf(symbol, 'A');
    expect(after && figures(after)).toBe('226 / 4700.2 / 0.4');
    expect(after?.lots).toMatchObject([
      { quantity: '151', openDate: '2026-10-01', costBasis: { amount: '3050.2' } },
      { quantity: '75', openDate: '2026-10-02', costBasis: { amount: '1650' } },
    ]);
    expect(after?.events.edges.at(-1)?.node).toMatchObject({
      type: 'CORPORATE_ACTION_APPLIED',
      details: {
        action: 'SPLIT',
        numerator: '3',
        denominator: '2',
        cash: { amount: '10.5' },
        deliveredInstrumentId: null,
        acted: [{ quantityBefore: '101', quantityAfter: '151', gain: { amount: '0.4' } }, {}],
      },
    });
  });

  test('PS-16 a split learnt late is an estimate at once, and in its place after', async () => {
    const symbol = await stories.listed('LATE');
    await stories.record(
      symbol,
      'A',
      ['BUY', '100', '10', '2026-03-02'],
      ['SELL', '40', '6', '2026-03-16'],
    );
    expect(await stories.ask(ACT, split(symbol, '2026-03-09'))).toMatchObject({
      results: [
        {
          outcome: 'APPLIED',
          position: {
            quantity: '120',
            costBasis: { amount: '600' },
            reconciliationStatus: 'PROVISIONAL',
          },
        },
      ],
    });
    const after = await stories.until(symbol, 'A', '160 / 800 / 40');
    expect(after.events.edges.map(({ node }) => node.type)).toContain(
      'HISTORICAL_POSITION_CORRECTED',
    );
  });

  test('reaches what is closed by now and was open then, and nothing that came later', async () => {
    const symbol = await stories.listed('WHO');
    await stories.record(
      symbol,
      'CLOSED',
      ['BUY', '100', '10', '2026-03-02'],
      ['SELL', '100', '6', '2026-03-16'],
    );
    await stories.record(
      symbol,
      'EARLIER',
      ['BUY', '5', '10', '2026-03-02'],
      ['SELL', '5', '6', '2026-03-03'],
    );
    await stories.record(symbol, 'LATER', ['BUY', '7', '5', '2026-03-09']);
    expect(await stories.ask(ACT, split(symbol, '2026-03-09'))).toMatchObject({
      appliedCount: 1,
      results: [
        { outcome: 'APPLIED', position: { accountId: 'CLOSED' } },
        { outcome: 'NOT_OPEN', position: { accountId: 'EARLIER' } },
      ],
    });
    await stories.until(symbol, 'CLOSED', '100 / 500 / 100');
    expect(await stories.positionOf(symbol, 'LATER')).toMatchObject({ version: 1, quantity: '7' });
  });

  test('happens once per position, and asked again reaches those who came since', async () => {
    const symbol = await stories.listed('ONCE');
    await stories.record(symbol, 'A', ['BUY', '100', '10', '2026-03-02']);
    const action = split(symbol, '2026-11-20');
    await Promise.all([
      stories.ask(ACT, action),
      stories.ask(ACT, action),
      stories.ask(ACT, action),
    ]);
    await stories.record(symbol, 'B', ['BUY', '10', '10', '2026-03-02']);
    expect(await stories.ask(ACT, action)).toMatchObject({
      appliedCount: 1,
      results: [
        { outcome: 'DUPLICATE', eventVersion: 2, position: { quantity: '200' } },
        { outcome: 'APPLIED', position: { accountId: 'B', quantity: '20' } },
      ],
    });
    expect(await stories.ask(ACT, { ...action, numerator: 3 })).toMatchObject({
      __typename: 'CorporateActionRefused',
      reason: 'DUPLICATE_ACTION_ID_DIFFERENT_CONTENT',
    });
  });

  test('goes through 500 positions at a time, each of them once', async () => {
    const symbol = await stories.listed('MANY');
    await stories.recordInAccounts(symbol, 501);
    const first = await stories.ask(ACT, split(symbol, '2026-11-20'));
    expect(first).toMatchObject({ appliedCount: 500, nextAfter: expect.stringContaining('A499') });
    const after = first.nextAfter;
    const second = await stories.ask(ACT, split(symbol, '2026-11-20', { after }));
    expect(second).toMatchObject({
      appliedCount: 1,
      nextAfter: null,
      results: [{ position: { accountId: 'A500', quantity: '200' } }],
    });
  });

  test.each([
    [{ symbol: 'NOBODY' }, 'UNKNOWN_INSTRUMENT'],
    [{ type: 'SYMBOL_CHANGE', newSymbol: 'NOBODY' }, 'UNKNOWN_OTHER_INSTRUMENT'],
    [{ type: 'SYMBOL_CHANGE', newSymbol: 'aapl' }, 'UNKNOWN_OTHER_INSTRUMENT'],
    [{ denominator: null }, 'MISSING_TERMS'],
    [{ lotSize: '1' }, 'MISSING_TERMS'],
    [{ type: 'SPIN_OFF', childSymbol: 'MSFT' }, 'MISSING_TERMS'],
    [{ type: 'CASH_MERGER' }, 'MISSING_TERMS'],
    [{ numerator: 0 }, 'INVALID_ACTION'],
    [{ type: 'CASH_MERGER', cashPerUnit: '-1' }, 'INVALID_ACTION'],
    [{ type: 'CASH_MERGER', cashPerUnit: '92233720369' }, 'INVALID_ACTION'],
    [{ type: 'SYMBOL_CHANGE', newSymbol: 'SAP' }, 'CURRENCY_MISMATCH'],
    [{ effectiveDate: '2026-11-21' }, 'EFFECTIVE_DATE_IN_FUTURE'],
  ])('%j is refused as %s', async (changes, reason) => {
    expect(await stories.ask(ACT, split('AAPL', '2026-11-20', changes))).toMatchObject({
      __typename: 'CorporateActionRefused',
      reason,
    });
  });
});
