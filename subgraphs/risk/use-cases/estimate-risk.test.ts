import { describe, expect, test } from 'vitest';
import { type Decimal, decimal } from '#kernel/decimal';
import { currencyCode, price, quantity } from '#kernel/money';
import type { LastPrice } from '../domain/portfolio.ts';
import type { RiskInputs } from '../store/risk-inputs.ts';
import { estimateRisk, type RiskQuestion } from './estimate-risk.ts';
import type { PortfolioSource } from './load-holdings.ts';
import { reportPortfolio, type ValuationDeps } from './value-portfolio.ts';

const USD = currencyCode('USD');
const QUESTION: RiskQuestion = {
  method: 'HISTORICAL',
  confidence: 0.95,
  horizonDays: 1,
  windowDays: 20,
};

const holding = (units: Decimal): PortfolioSource => ({
  bookIds: null,
  accountIds: null,
  basketCode: null,
  holdings: [{ symbol: 'ACME', quantity: quantity(units) }],
  currency: null,
});

/** ACME at one price, after thirty closes that go up tenfold and back again. */
function acmeAt(lastPrice: string): ValuationDeps {
  const dates = Array.from(
    { length: 30 },
    (_, day) => `2026-10-${String(day + 1).padStart(2, '0')}`,
  );
  const closes = Float64Array.from(dates, (_, day) => (day % 2 === 0 ? 1 : 10));
  const facts = {
    instrumentId: 'ins_ACME',
    symbol: 'ACME',
    currency: USD,
    sector: null,
    mic: null,
  };
  const last: LastPrice = { price: price(decimal(lastPrice)), quality: 'GOOD', eventTimeMs: 0 };
  const inputs: Partial<RiskInputs> = {
    instruments: async () => new Map([['ACME', facts]]),
    closes: async () => [{ symbol: 'ACME', currency: USD, dates, closes }],
  };
  return { inputs: inputs as RiskInputs, livePrices: async () => new Map([['ACME', last]]) };
}

describe('a portfolio larger than any', () => {
  test.each(['92233720368.54775808', '-92233720368.54775808', '99999999999999999999'])(
    'is refused for a holding of %s units',
    async (units) => {
      const refusal = {
        code: 'BAD_USER_INPUT',
        message:
          'holdings.0.quantity: expected at most 92233720368.54775807 either way, ' +
          `was ${units}`,
      };
      const source = holding(decimal(units));
      await expect(reportPortfolio(acmeAt('1'), source)).rejects.toMatchObject(refusal);
      await expect(estimateRisk(acmeAt('1'), source, QUESTION)).rejects.toMatchObject(refusal);
    },
  );

  test('is refused when its values add up to more than an amount holds', async () => {
    const source = holding(decimal('92233720368'));
    await expect(reportPortfolio(acmeAt('92233720368'), source)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'of: expected a portfolio of less than 1e20 USD, was 8.51e+21 USD in gross exposure',
    });
  });

  test('is refused when it can lose more than an amount holds', async () => {
    const source = holding(decimal('-90000000000'));
    const deps = acmeAt('1000000000');
    expect((await reportPortfolio(deps, source)).value).toBe(decimal('-90000000000000000000'));
    await expect(estimateRisk(deps, source, QUESTION)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'of: expected a portfolio of less than 1e20 USD, was 8.10e+20 USD in value at risk',
    });
  });
});

test('a portfolio of common size has a value at risk', async () => {
  const report = await estimateRisk(acmeAt('2'), holding(decimal('100')), QUESTION);
  expect(report.value).toBeCloseTo(180, 8);
});
