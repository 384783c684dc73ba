/** The one screen that `npm start` prints. */

import { ROLES } from '#kernel/roles';
import type { Config } from '#platform/config';

export interface BannerFacts {
  readonly url: string;
  /** Empty when the vendors are not emulated. */
  readonly emulatorUrls: readonly string[];
  readonly config: Config;
  /** One per role; empty in production, where no local token is valid. */
  readonly tokens: ReadonlyMap<string, string>;
  readonly seconds: number;
}

const QUERY = '{ instrument(symbol: "AAPL") { name latestPrice { value currency quality } } }';
const SUBSCRIPTION = 'subscription { priceTicks(symbols: ["AAPL"]) { symbol price eventTime } }';

export function bannerOf(facts: BannerFacts): string {
  const { config, seconds, tokens, url } = facts;
  const base = url.replace(/\/graphql$/, '');
  const lines = [
    '',
    `Plumbline is ready after ${seconds.toFixed(1)} s.`,
    `Ctrl-C stops it; the data stays in ${config.dataDir}.`,
    '',
    `  GraphQL    ${url}    (WebSocket: ${url.replace(/^http/, 'ws')})`,
    `  Explorer   ${base}/explorer`,
    `  Health     ${base}/health/ready`,
    `  Metrics    ${base}/metrics`,
    '',
    ...tokenLines(tokens),
    'A query to copy (npm run -s token -- viewer prints a token):',
    '',
    `  curl -s ${url} -H "authorization: Bearer $(npm run -s token -- viewer)" \\`,
    `    -H 'content-type: application/json' -d '${JSON.stringify({ query: QUERY })}'`,
    '',
    'A subscription to paste into the explorer:',
    '',
    `  ${SUBSCRIPTION}`,
    '',
    ...simulatedLines(facts),
    '',
  ];
  return lines.join('\n');
}

function tokenLines(tokens: ReadonlyMap<string, string>): readonly string[] {
  if (tokens.size === 0) return [];
  const width = Math.max(...ROLES.map((role) => role.length));
  return [
    'Demo tokens, valid on this machine only and never in production:',
    '',
    ...[...tokens].map(([role, token]) => `  ${role.padEnd(width)}  ${token}`),
    '',
  ];
}

function simulatedLines({ config, emulatorUrls }: BannerFacts): readonly string[] {
  const { feed, databaseUrl, redisUrl } = config;
  const prices = {
    simulator: 'Live prices are simulated too, and flagged SIMULATED.',
    replay: 'Live prices are recorded ticks, replayed with today as their time.',
    exchange: 'Live prices come from the exchange that FEED names.',
    none: 'There are no live prices but those that ingestTicks brings (FEED=none).',
  };
  const servers = [
    databaseUrl === undefined ? 'an embedded Postgres' : 'the Postgres of DATABASE_URL',
    redisUrl === undefined ? 'events and cache in this process' : 'the Redis of REDIS_URL',
  ];
  return [
    `Simulated: the broker, which fills orders from live quotes. ${prices[feed.kind]}`,
    ...emulatorUrls.map(
      (vendor) => `Simulated: the vendor at ${vendor}, faults at /control/faults.`,
    ),
    `Runs on ${servers.join(' and ')}.`,
  ];
}
