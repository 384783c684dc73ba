/** Figures of the gateway, in the registry of the process. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { REQUEST_SECONDS_BUCKETS } from '#platform/metrics';

export type Transport = 'http' | 'websocket';
export type Outcome = 'ok' | 'errors' | 'refused';
export type FetchOutcome = 'ok' | 'errors' | 'timeout' | 'unavailable';

export interface GatewayMetrics {
  readonly answered: (
    operation: { readonly type: string; readonly transport: Transport; readonly outcome: Outcome },
    tookMs: number,
  ) => void;
  readonly fetched: (subgraph: string, outcome: FetchOutcome, tookMs: number) => void;
  /** Operations that the compiled executor left to ApolloGateway's, by reason. */
  readonly executorFallbacks: Counter<'reason'>;
  readonly openSockets: Gauge;
  readonly activeSubscriptions: Gauge;
  readonly eventsSent: Counter;
  readonly refusals: Counter<'limit'>;
  readonly sharedStreams: Gauge;
  readonly eventsSkipped: Counter;
  readonly slowSocketsClosed: Counter<'reason'>;
}

const MS_PER_SECOND = 1_000;

export function createGatewayMetrics(registry: Registry): GatewayMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'plumbline_gateway_requests_total',
    help: 'Operations answered, by type, transport and outcome.',
    labelNames: ['operation', 'transport', 'outcome'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'plumbline_gateway_request_seconds',
    help: 'Time from operation to answer.',
    labelNames: ['operation', 'transport'],
    buckets: REQUEST_SECONDS_BUCKETS,
    registers,
  });
  return {
    answered: ({ type, transport, outcome }, tookMs) => {
      requests.inc({ operation: type, transport, outcome });
      requestSeconds.observe({ operation: type, transport }, tookMs / MS_PER_SECOND);
    },
    fetched: fetchFigures(registers),
    executorFallbacks: new Counter({
      name: 'plumbline_gateway_executor_fallbacks_total',
      help: 'Operations left to ApolloGateway by the compiled executor, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    ...streamMetrics(registers),
    refusals: new Counter({
      name: 'plumbline_gateway_refusals_total',
      help: 'Operations and sockets refused, by limit: pages, cost, rates, safelist, sockets.',
      labelNames: ['limit'],
      registers,
    }),
  };
}

function streamMetrics(registers: Registry[]) {
  return {
    openSockets: new Gauge({
      name: 'plumbline_gateway_open_sockets',
      help: 'WebSockets open now.',
      registers,
    }),
    activeSubscriptions: new Gauge({
      name: 'plumbline_gateway_active_subscriptions',
      help: 'Subscriptions running now.',
      registers,
    }),
    eventsSent: new Counter({
      name: 'plumbline_gateway_events_sent_total',
      help: 'Events of subscriptions sent to clients.',
      registers,
    }),
    sharedStreams: new Gauge({
      name: 'plumbline_gateway_shared_streams',
      help: 'Streams of subgraphs open now that are shared by all who asked for the same.',
      registers,
    }),
    eventsSkipped: new Counter({
      name: 'plumbline_gateway_events_skipped_total',
      help: 'Events a slow client did not get because a newer one of the same key came.',
      registers,
    }),
    slowSocketsClosed: new Counter({
      name: 'plumbline_gateway_slow_sockets_closed_total',
      help: 'Sockets closed as too slow: too much queued, or no pong in time.',
      labelNames: ['reason'],
      registers,
    }),
  };
}

function fetchFigures(registers: Registry[]): GatewayMetrics['fetched'] {
  const fetches = new Counter({
    name: 'plumbline_gateway_subgraph_fetches_total',
    help: 'Fetches from subgraphs, by outcome.',
    labelNames: ['subgraph', 'outcome'],
    registers,
  });
  const fetchSeconds = new Histogram({
    name: 'plumbline_gateway_subgraph_fetch_seconds',
    help: 'Time a subgraph took to answer a fetch.',
    labelNames: ['subgraph'],
    buckets: REQUEST_SECONDS_BUCKETS,
    registers,
  });
  // Looked up by label once per subgraph, not with every fetch.
  const figuresOf = (subgraph: string) => {
    const count = (outcome: FetchOutcome) => fetches.labels({ subgraph, outcome });
    return {
      fetches: {
        ok: count('ok'),
        errors: count('errors'),
        timeout: count('timeout'),
        unavailable: count('unavailable'),
      },
      seconds: fetchSeconds.labels({ subgraph }),
    };
  };
  const bySubgraph = new Map<string, ReturnType<typeof figuresOf>>();
  return (subgraph, outcome, tookMs) => {
    const figures = bySubgraph.get(subgraph) ?? figuresOf(subgraph);
    bySubgraph.set(subgraph, figures);
    figures.fetches[outcome].inc();
    figures.seconds.observe(tookMs / MS_PER_SECOND);
  };
}
