/** Domain values to GraphQL and back. */

import { fromNumber } from '#kernel/decimal';
import { type Amount, amount, type CurrencyCode, quantity } from '#kernel/money';
import { type Exposure, type ValuedHolding, weightOf } from '../domain/portfolio.ts';
import type { RiskReport } from '../use-cases/estimate-risk.ts';
import type { PortfolioSource } from '../use-cases/load-holdings.ts';
import type { PortfolioReport } from '../use-cases/value-portfolio.ts';
import type {
  Exposure as GraphExposure,
  Money,
  Portfolio,
  PortfolioHolding,
  PortfolioInput,
  ValueAtRisk,
} from './types.generated.ts';

export function portfolioSource(input: PortfolioInput): PortfolioSource {
  return {
    bookIds: input.bookIds ?? null,
    accountIds: input.accountIds ?? null,
    basketCode: input.basketCode ?? null,
    holdings:
      input.holdings?.map((each) => ({
        symbol: each.symbol,
        quantity: quantity(each.quantity),
      })) ?? null,
    currency: input.currency ?? null,
  };
}

export function presentPortfolio(report: PortfolioReport): Portfolio {
  const { currency, value } = report;
  const money = (of: Amount | null): Money | null =>
    of === null ? null : { amount: of, currency };
  const exposure = (each: Exposure): GraphExposure => ({
    key: each.key,
    net: { amount: each.net, currency },
    gross: { amount: each.gross, currency },
    reconciliationStatus: each.reconciliationStatus,
    weight: weightOf(each.net, value),
  });
  return {
    currency,
    value: { amount: value, currency },
    grossExposure: { amount: report.grossExposure, currency },
    holdings: report.holdings.map((holding) => presentHolding(holding, value, currency)),
    exposuresBySector: report.exposuresBySector.map(exposure),
    exposuresByCurrency: report.exposuresByCurrency.map(exposure),
    exposuresByCountry: report.exposuresByCountry.map(exposure),
    realizedPnl: money(report.realizedPnl),
    unrealizedPnl: money(report.unrealizedPnl),
    reconciliationStatus: report.reconciliationStatus,
    asOf: report.asOfMs,
    unvalued: report.unvalued,
  };
}

function presentHolding(
  holding: ValuedHolding,
  portfolioValue: Amount,
  currency: CurrencyCode,
): PortfolioHolding {
  const { symbol, quantity: units, reconciliationStatus } = holding;
  const { instrument, lastPrice, marketValue } = holding;
  return {
    instrument: { id: instrument.instrumentId },
    symbol,
    quantity: units,
    reconciliationStatus,
    price: { amount: lastPrice.price, currency: instrument.currency },
    priceQuality: lastPrice.quality,
    marketValue: { amount: marketValue, currency },
    weight: weightOf(marketValue, portfolioValue),
  };
}

/** A statistic becomes money only here: rounded half-even to 1e-8. */
export function presentValueAtRisk(report: RiskReport): ValueAtRisk {
  const money = (loss: number | null): Money | null =>
    loss === null
      ? null
      : { amount: amount(fromNumber(loss)), currency: report.portfolio.currency };
  return {
    value: money(report.value),
    fraction: report.fraction,
    expectedShortfall: money(report.expectedShortfall),
    undefinedReason: report.undefinedReason,
    convention: report.convention,
    method: report.method,
    confidence: report.confidence,
    horizonDays: report.horizonDays,
    observations: report.observations,
    from: report.from,
    to: report.to,
    reconciliationStatus: report.portfolio.reconciliationStatus,
    warnings: report.warnings,
  };
}
