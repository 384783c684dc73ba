/** Values a portfolio at the last known prices and rates. */

import { toNumber } from '#kernel/decimal';
import {
  type Amount,
  amount,
  convertMoney,
  type CurrencyCode,
  currencyCode,
  type Rate,
} from '#kernel/money';
import { newestRates } from '../domain/currency-conversion.ts';
import { type LastPrice, type ValuedPortfolio, valuePortfolio } from '../domain/portfolio.ts';
import { type ReconciliationStatus, worstOf } from '../domain/reconciliation-status.ts';
import type { PositionRow, RiskInputs } from '../store/risk-inputs.ts';
import { requireAmounts } from './amount-bound.ts';
import { askedCurrency, loadHoldings, type PortfolioSource } from './load-holdings.ts';

export interface ValuationDeps {
  readonly inputs: RiskInputs;
  /** Prices in memory; symbols it does not know are looked up in the store. */
  readonly livePrices: (symbols: readonly string[]) => Promise<ReadonlyMap<string, LastPrice>>;
}

export interface PortfolioReport extends ValuedPortfolio {
  readonly realizedPnl: Amount | null;
  readonly unrealizedPnl: Amount | null;
  /** The worst of the positions in it, of closed ones too, for their gains count. */
  readonly reconciliationStatus: ReconciliationStatus;
}

const DEFAULT_CURRENCY = currencyCode('USD');

export async function reportPortfolio(
  deps: ValuationDeps,
  source: PortfolioSource,
): Promise<PortfolioReport> {
  const asked = askedCurrency(source);
  const { holdings, positions } = await loadHoldings(deps, source);
  const symbols = [...new Set(holdings.map(({ symbol }) => symbol))];
  const [instrumentsBySymbol, pricesBySymbol] = await Promise.all([
    deps.inputs.instruments(symbols),
    lastPrices(deps, symbols),
  ]);
  const ofHoldings = [...instrumentsBySymbol.values()].map(({ currency }) => currency);
  const currencies = [...new Set([...ofHoldings, ...(positions ?? []).map((p) => p.currency)])];
  const currency = asked ?? (currencies.length === 1 ? currencies[0] : null) ?? DEFAULT_CURRENCY;
  const ratesByCurrency = await ratesInto(deps, currency, currencies);
  const valued = valuePortfolio(holdings, {
    instrumentsBySymbol,
    pricesBySymbol,
    ratesByCurrency,
    currency,
  });
  const report = {
    ...valued,
    ...profitOf(valued, positions, ratesByCurrency),
    reconciliationStatus: worstOf((positions ?? []).map((each) => each.reconciliationStatus)),
  };
  requireAmounts(
    {
      'gross exposure': toNumber(report.grossExposure),
      'realized P&L': toNumber(report.realizedPnl ?? 0n),
      'unrealized P&L': toNumber(report.unrealizedPnl ?? 0n),
    },
    currency,
  );
  return report;
}

async function lastPrices(
  deps: ValuationDeps,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, LastPrice>> {
  const live = await deps.livePrices(symbols);
  const missing = symbols.filter((symbol) => !live.has(symbol));
  if (missing.length === 0) return live;
  return new Map([...(await deps.inputs.storedPrices(missing)), ...live]);
}

async function ratesInto(
  { inputs }: Pick<ValuationDeps, 'inputs'>,
  currency: CurrencyCode,
  currencies: readonly CurrencyCode[],
): Promise<ReadonlyMap<CurrencyCode, Rate>> {
  const foreign = currencies.filter((each) => each !== currency);
  if (foreign.length === 0) return newestRates([currency], currency, new Map());
  const fixings = await inputs.newestFixings([...foreign, currency]);
  return newestRates([...foreign, currency], currency, fixings);
}

/** Positions in a currency without a rate are left out, as their holdings are. */
function profitOf(
  valued: ValuedPortfolio,
  positions: readonly PositionRow[] | null,
  rates: ReadonlyMap<CurrencyCode, Rate>,
): Pick<PortfolioReport, 'realizedPnl' | 'unrealizedPnl'> {
  if (positions === null) return { realizedPnl: null, unrealizedPnl: null };
  const symbolsValued = new Set(valued.holdings.map(({ symbol }) => symbol));
  let realized = 0n;
  let cost = 0n;
  for (const position of positions) {
    const rate = rates.get(position.currency);
    if (rate === undefined) continue;
    const convert = (value: Amount): bigint =>
      convertMoney({ amount: value, currency: position.currency }, valued.currency, rate).amount;
    realized += convert(position.realizedPnl);
    if (symbolsValued.has(position.symbol)) cost += convert(position.costBasis);
  }
  return {
    realizedPnl: amount(realized),
    unrealizedPnl: amount(valued.value - cost),
  };
}
