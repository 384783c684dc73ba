/** Builds the risk subgraph: portfolios valued live, and value at risk from stored closes. */

import { buildSchemaOf, type PlatformParts, type Subgraph } from '#platform/subgraph';
import type { RequestContext } from '#platform/request-context';
import type { Context } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers.ts';
import { livePrices } from './store/live-prices.ts';
import { createRiskInputs } from './store/risk-inputs.ts';
import { estimateRisk, type RiskQuestion } from './use-cases/estimate-risk.ts';
import { reportPortfolio, type ValuationDeps } from './use-cases/value-portfolio.ts';
import { createPortfolioWatch } from './workers/portfolio-watch.ts';

/** What `portfolioRisk` works out; its description in the SDL says the same. */
const WATCHED_RISK: RiskQuestion = {
  method: 'HISTORICAL',
  confidence: 0.99,
  horizonDays: 1,
  windowDays: 500,
};

export function buildRisk(parts: PlatformParts): Subgraph {
  const { sql, cache, broadcast, eventLog, clock } = parts;
  const deps: ValuationDeps = {
    inputs: createRiskInputs(sql),
    livePrices: (symbols) => livePrices(cache, symbols),
  };
  const watch = createPortfolioWatch({ broadcast, eventLog });
  const createContext = (request: RequestContext): Context => ({
    request,
    reportPortfolio: (source) => reportPortfolio(deps, source),
    estimateRisk: (source, question) => estimateRisk(deps, source, question),
    watchRisk: (source) => {
      const followsPositions = source.bookIds !== null || source.accountIds !== null;
      return watch.watch({ followsPositions, signal: request.signal }, async () => {
        const result = await estimateRisk(deps, source, WATCHED_RISK);
        return { result, symbols: result.portfolio.holdings.map(({ symbol }) => symbol) };
      });
    },
    nowMs: () => clock.nowMs(),
  });
  return {
    name: 'risk',
    schema: buildSchemaOf(new URL('./risk.graphql', import.meta.url), resolvers),
    createContext,
    start: () => watch.start(),
    stop: () => watch.stop(),
  };
}
