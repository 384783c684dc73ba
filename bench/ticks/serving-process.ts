/**
 * Market data and the gateway in one process, as `npm start` runs them, fed from inside. Tells its
 * parent the port, then feeds as it is asked and answers with what that took.
 */

import { readFileSync } from 'node:fs';
import { readConfig } from '#platform/config';
import { parseCurrencyCode } from '#kernel/money';
import { scopesOf } from '#kernel/roles';
import { silentLogger } from '#platform/logger';
import { openParts } from '#platform/parts';
import type { Identity, RequestContext } from '#platform/request-context';
import type { SubgraphContext } from '#platform/subgraph';
import { GATEWAY_LIMITS } from '../../gateway/gateway-options.ts';
import { startGateway } from '../../gateway/start-gateway.ts';
import { parseSymbol, unknownInstrument } from '../../subgraphs/market-data/domain/instrument.ts';
import type { Context } from '../../subgraphs/market-data/graphql/context.ts';
import { buildHistory, buildMarketData } from '../../subgraphs/market-data/main.ts';
import { answerParent } from '../child.ts';
import { SYMBOLS } from './market.ts';
import { createFeeding, type Feeding } from './measure-ingest.ts';

const [databaseUrl = ''] = process.argv.slice(2);
const HOUR_MS = 3_600_000;

const identity: Identity = {
  user: 'bench',
  roles: ['admin'],
  scopes: scopesOf(['admin']),
  isService: true,
};
const request: RequestContext = {
  identity,
  correlationId: 'bench',
  deadlineAtMs: Number.MAX_SAFE_INTEGER,
  signal: new AbortController().signal,
};

const config = readConfig({ FEED: 'none', SAMPLE_DATA: 'none' });
const parts = await openParts({ config, databaseUrl, logger: silentLogger });
await addInstruments();
const marketData = buildMarketData(parts);
await marketData.start();
const context = marketData.createContext(request);
if (!isOfMarketData(context)) throw new Error('expected the context of market data');
const gateway = await startGateway({
  ...config,
  ...parts,
  supergraphSdl: readFileSync(new URL('../../schema/supergraph.graphql', import.meta.url), 'utf8'),
  port: 0,
  subgraphs: [marketData],
  internalTokens: 'none',
  verifyToken: async () => ({ identity, expiresAtMs: parts.clock.nowMs() + HOUR_MS }),
  limits: GATEWAY_LIMITS,
  readyChecks: {},
});
const feed = createFeeding(context.deps.live);
answerParent(gateway.port, (wish) => feed(wish as Feeding));

function isOfMarketData(found: SubgraphContext): found is Context {
  return 'deps' in found;
}

async function addInstruments(): Promise<void> {
  const currency = parseCurrencyCode('USD');
  if (currency === undefined) throw new Error('expected USD to be known');
  const instruments = SYMBOLS.flatMap((text) => {
    const symbol = parseSymbol(text);
    return symbol ? [unknownInstrument(symbol, { assetClass: 'EQUITY', currency })] : [];
  });
  await buildHistory(parts).instruments.addMissing(instruments);
}
