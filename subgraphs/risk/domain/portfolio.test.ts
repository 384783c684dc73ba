import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, price, quantity, type Rate } from '#kernel/money';
import { newestRates, rateSeries } from './currency-conversion.ts';
import {
  type InstrumentFacts,
  type LastPrice,
  type ValuationInputs,
  valuePortfolio,
  weightOf,
} from './portfolio.ts';
import type { ReconciliationStatus } from './reconciliation-status.ts';

const USD = currencyCode('USD');
const EUR = currencyCode('EUR');

const facts = (symbol: string, rest: Partial<InstrumentFacts> = {}): InstrumentFacts => ({
  instrumentId: `ins_${symbol}`,
  symbol,
  currency: USD,
  sector: null,
  mic: null,
  ...rest,
});

const at = (text: string, eventTimeMs = 1_000): LastPrice => ({
  price: price(decimal(text)),
  quality: 'GOOD',
  eventTimeMs,
});

const inputs: ValuationInputs = {
  currency: USD,
  instrumentsBySymbol: new Map([
    ['AAPL', facts('AAPL', { sector: 'Information Technology', mic: 'XNAS' })],
    ['KO', facts('KO', { sector: 'Consumer Staples', mic: 'XNYS' })],
    ['SAP', facts('SAP', { currency: EUR, sector: 'Information Technology', mic: 'XETR' })],
    ['GBX', facts('GBX', { currency: currencyCode('GBP') })],
    ['DARK', facts('DARK')],
  ]),
  pricesBySymbol: new Map([
    ['AAPL', at('187.5', 3_000)],
    ['KO', at('60.25', 2_000)],
    ['SAP', at('200')],
    ['GBX', at('1')],
  ]),
  ratesByCurrency: new Map([
    [USD, decimal('1') as bigint as Rate],
    [EUR, decimal('1.1') as bigint as Rate],
  ]),
};

const held = (
  symbol: string,
  units: string,
  reconciliationStatus: ReconciliationStatus = 'RECONCILED',
) => ({ symbol, quantity: quantity(decimal(units)), reconciliationStatus });

describe('RK-1 portfolio value', () => {
  test('is the exact sum of quantity times price times rate', () => {
    const portfolio = valuePortfolio([held('AAPL', '10'), held('SAP', '3')], inputs);
    expect(formatDecimal(portfolio.value)).toBe('2535');
    expect(portfolio.holdings.map(({ symbol }) => symbol)).toEqual(['AAPL', 'SAP']);
    expect(portfolio.asOfMs).toBe(1_000);
  });

  test('nets a short and keeps the gross', () => {
    const portfolio = valuePortfolio([held('AAPL', '10'), held('KO', '-10')], inputs);
    expect(formatDecimal(portfolio.value)).toBe('1272.5');
    expect(formatDecimal(portfolio.grossExposure)).toBe('2477.5');
  });

  test('adds up holdings of one symbol', () => {
    const portfolio = valuePortfolio([held('KO', '1'), held('KO', '2')], inputs);
    expect(portfolio.holdings.map(({ quantity: units }) => formatDecimal(units))).toEqual(['3']);
  });

  test('groups exposures by sector, currency and country', () => {
    const { exposuresBySector, exposuresByCurrency, exposuresByCountry, value } = valuePortfolio(
      [held('AAPL', '10'), held('SAP', '3'), held('KO', '10')],
      inputs,
    );
    expect(exposuresBySector.map(({ key, net }) => [key, formatDecimal(net)])).toEqual([
      ['Information Technology', '2535'],
      ['Consumer Staples', '602.5'],
    ]);
    expect(exposuresByCurrency.map(({ key }) => key)).toEqual(['USD', 'EUR']);
    expect(exposuresByCountry.map(({ key }) => key)).toEqual(['US', 'DE']);
    const weights = exposuresBySector.map(({ net }) => weightOf(net, value) ?? 0n);
    expect(weights.map(formatDecimal)).toEqual(['0.80796813', '0.19203187']);
  });

  test('gives a holding and an exposure the worst status of what is in them', () => {
    const portfolio = valuePortfolio(
      [
        held('AAPL', '10', 'PROVISIONAL'),
        held('AAPL', '5'),
        held('KO', '10'),
        held('SAP', '3', 'PENDING'),
        held('DARK', '1', 'PROVISIONAL'),
      ],
      inputs,
    );
    const { holdings, unvalued, exposuresBySector, exposuresByCurrency } = portfolio;
    const shown = (of: readonly { symbol: string; reconciliationStatus: string }[]) =>
      of.map((each) => [each.symbol, each.reconciliationStatus]);
    expect(shown(holdings)).toEqual([
      ['AAPL', 'PROVISIONAL'],
      ['SAP', 'PENDING'],
      ['KO', 'RECONCILED'],
    ]);
    expect(shown(unvalued)).toEqual([['DARK', 'PROVISIONAL']]);
    expect(exposuresBySector.map((each) => [each.key, each.reconciliationStatus])).toEqual([
      ['Information Technology', 'PENDING'],
      ['Consumer Staples', 'RECONCILED'],
    ]);
    expect(exposuresByCurrency.map((each) => [each.key, each.reconciliationStatus])).toEqual([
      ['USD', 'PROVISIONAL'],
      ['EUR', 'PENDING'],
    ]);
  });

  test('says why a holding is left out', () => {
    const portfolio = valuePortfolio(
      [held('NONE', '1'), held('DARK', '1'), held('GBX', '1')],
      inputs,
    );
    expect(portfolio.unvalued.map(({ symbol, reason }) => [symbol, reason])).toEqual([
      ['NONE', 'UNKNOWN_SYMBOL'],
      ['DARK', 'NO_PRICE'],
      ['GBX', 'NO_FX_RATE'],
    ]);
    expect(portfolio.value).toBe(0n);
    expect(portfolio.asOfMs).toBeNull();
    expect(weightOf(portfolio.value, portfolio.value)).toBeNull();
  });
});

describe('rates against the euro', () => {
  const fixings = new Map([
    ['USD', { dates: ['2014-05-07', '2014-05-08'], unitsPerEur: Float64Array.of(1.4, 1.38) }],
    ['JPY', { dates: ['2014-05-08'], unitsPerEur: Float64Array.of(141.45) }],
  ]);

  test('cross through the euro on days both were fixed', () => {
    const series = rateSeries({ from: 'USD', to: 'JPY' }, fixings);
    expect(series?.dates).toEqual(['2014-05-08']);
    expect(series?.rates[0]).toBeCloseTo(102.5, 10);
  });

  test('invert and take the newest', () => {
    const rates = newestRates([USD, EUR], EUR, fixings);
    expect(formatDecimal(rates.get(USD) ?? 0n)).toBe('0.72463768');
    expect(formatDecimal(rates.get(EUR) ?? 0n)).toBe('1');
  });

  test('are unknown for a currency that was never fixed', () => {
    expect(rateSeries({ from: 'XAU', to: 'USD' }, fixings)).toBeUndefined();
  });
});
