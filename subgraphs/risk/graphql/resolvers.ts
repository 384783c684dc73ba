/** Risk's resolvers: read the arguments, call the use case, present the answer. */

import type { RiskReport } from '../use-cases/estimate-risk.ts';
import { portfolioSource, presentPortfolio, presentValueAtRisk } from './present.ts';
import type { PortfolioRisk, Resolvers } from './types.generated.ts';

export const resolvers: Resolvers = {
  Query: {
    portfolio: async (_root, { of }, context) =>
      presentPortfolio(await context.reportPortfolio(portfolioSource(of))),
    valueAtRisk: async (_root, { of, method, confidence, horizonDays, windowDays }, context) =>
      presentValueAtRisk(
        await context.estimateRisk(portfolioSource(of), {
          method,
          confidence,
          horizonDays,
          windowDays,
        }),
      ),
  },
  Subscription: {
    portfolioRisk: {
      subscribe: (_root, { of }, context) => asRoot(context.watchRisk(portfolioSource(of))),
      resolve: (
        report: RiskReport,
        _args: unknown,
        context: { nowMs(): number },
      ): PortfolioRisk => ({
        portfolio: presentPortfolio(report.portfolio),
        valueAtRisk: presentValueAtRisk(report),
        reconciliationStatus: report.portfolio.reconciliationStatus,
        calculatedAt: context.nowMs(),
      }),
    },
  },
};

/** The generated types want the event under its field's name; `resolve` above takes it bare. */
function asRoot(reports: AsyncIterable<RiskReport>): AsyncIterable<never> {
  return reports as AsyncIterable<never>;
}
