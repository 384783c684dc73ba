/** The two that complete events: our gateway's parts, and a stitched schema over the same. */

import { getStitchedSchemaFromSupergraphSdl } from '@graphql-tools/federation';
import {
  execute,
  type ExecutionResult,
  getOperationAST,
  OperationTypeNode,
  parse,
  subscribe,
} from 'graphql';
import { Registry } from 'prom-client';
import { systemClock } from '#platform/clock';
import { mapStream } from '#platform/graphql/stream';
import { silentLogger } from '#platform/logger';
import type { RequestContext } from '#platform/request-context';
import { readSupergraph } from '../../gateway/access/access-rules.ts';
import { buildFederatedSchema } from '../../gateway/federated-schema.ts';
import { createGatewayMetrics } from '../../gateway/gateway-metrics.ts';
import { createHydrate } from '../../gateway/subscriptions/hydrate.ts';
import { createSubscriptionPlanner } from '../../gateway/subscriptions/subscription-plan.ts';
import { inProcessUpstream } from '../../gateway/upstream/in-process-upstream.ts';
import type { Upstream } from '../../gateway/upstream/upstream.ts';
import { type FillStreams, SUBSCRIPTION } from './hydrate-subgraphs.ts';

/** Opens the stream of one client. */
export type Subscribe = (stream: number) => Promise<AsyncIterable<ExecutionResult>>;

const document = parse(SUBSCRIPTION);
const TIMEOUT_MS = 10_000;

function contextOf(): RequestContext {
  const { signal } = new AbortController();
  const deadlineAtMs = systemClock.nowMs() + TIMEOUT_MS;
  return { identity: null, correlationId: 'bench', deadlineAtMs, signal };
}

function upstreamsOf({ subgraphs }: FillStreams): (name: string) => Upstream {
  const parts = { logger: silentLogger, clock: systemClock, eventTimeoutMs: TIMEOUT_MS };
  const byName = new Map(subgraphs.map((each) => [each.name, inProcessUpstream(each, parts)]));
  return (name) => {
    const found = [...byName].find(([each]) => each === name);
    if (!found) throw new Error(`no subgraph ${name}`);
    return found[1];
  };
}

export function ours(streams: FillStreams): Subscribe {
  const upstreamOf = upstreamsOf(streams);
  const federated = buildFederatedSchema(readSupergraph(streams.supergraphSdl).sdl);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('no operation');
  const plan = createSubscriptionPlanner(federated)({ document, operation, key: 'fills' });
  const metrics = createGatewayMetrics(new Registry());
  return async (stream) => {
    const variables = { stream };
    const shared = { plan, document, operation, federated, dataSources: {}, upstreamOf, metrics };
    const hydrate = createHydrate({ ...shared, variables });
    const { operation: query, operationName, serviceName } = plan.primary;
    const upstream = await upstreamOf(serviceName).subscribe({
      query,
      operationName,
      variables,
      context: contextOf(),
      isMutation: false,
    });
    if ('errors' in upstream) throw new Error(upstream.errors[0]?.message);
    return mapStream(upstream.events, (event) =>
      hydrate(event, { transport: 'websocket', request: contextOf() }),
    );
  };
}

/** Its subgraphs run documents as they come: printing them for a cache of texts costs it more. */
export function stitched(streams: FillStreams): Subscribe {
  const schema = getStitchedSchemaFromSupergraphSdl({
    supergraphSdl: streams.supergraphSdl,
    batch: true,
    onSubschemaConfig: (config) => {
      const name = config.name.toLowerCase().replace('_', '-');
      const subgraph = streams.subgraphs.find((each) => each.name === name);
      if (!subgraph) throw new Error(`no subgraph ${name}`);
      config.executor = async ({ document: asked, variables, operationType }) => {
        const run = {
          schema: subgraph.schema,
          document: asked,
          variableValues: variables as Record<string, unknown>,
          contextValue: subgraph.createContext(contextOf()),
        };
        const isStream = operationType === OperationTypeNode.SUBSCRIPTION;
        return (await (isStream ? subscribe(run) : execute(run))) as never;
      };
    },
  });
  return async (stream) => {
    const opened = await subscribe({ schema, document, variableValues: { stream } });
    if (Symbol.asyncIterator in opened) return opened;
    throw new Error(opened.errors?.[0]?.message);
  };
}
