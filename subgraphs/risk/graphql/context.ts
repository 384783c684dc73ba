/** What risk's resolvers receive with every request. */

import type { SubgraphContext } from '#platform/subgraph';
import type { RiskQuestion, RiskReport } from '../use-cases/estimate-risk.ts';
import type { PortfolioSource } from '../use-cases/load-holdings.ts';
import type { PortfolioReport } from '../use-cases/value-portfolio.ts';

export interface Context extends SubgraphContext {
  reportPortfolio(source: PortfolioSource): Promise<PortfolioReport>;
  estimateRisk(source: PortfolioSource, question: RiskQuestion): Promise<RiskReport>;
  watchRisk(source: PortfolioSource): AsyncIterableIterator<RiskReport>;
  nowMs(): number;
}
