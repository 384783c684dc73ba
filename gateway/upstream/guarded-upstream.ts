/**
 * What every upstream gets: a deadline, figures, and errors that name the subgraph. An outage
 * becomes the result of that subgraph only, so that it empties its own fields and no others.
 */

import type { GraphQLFormattedError } from 'graphql';
import type { Clock } from '#platform/clock';
import { remainingMs } from '#platform/deadline';
import { type ErrorCode, PlatformError } from '#platform/errors';
import type { GraphqlResult } from '#platform/graphql/executor';
import type { Logger } from '#platform/logger';
import type { FetchOutcome, GatewayMetrics } from '../gateway-metrics.ts';
import type { Upstream, UpstreamRequest } from './upstream.ts';

interface Parts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: GatewayMetrics;
  /** Names of subgraphs to treat as down; tests write into it. */
  readonly outages: ReadonlySet<string>;
}

export function guardedUpstream(upstream: Upstream, parts: Parts): Upstream {
  const { name } = upstream;
  return {
    ...upstream,
    execute: async (request) => {
      const startedAtMs = parts.clock.nowMs();
      const count = (outcome: FetchOutcome) =>
        parts.metrics.fetched(name, outcome, parts.clock.nowMs() - startedAtMs);
      try {
        const result = await answerInTime(upstream, request, parts);
        count(result.errors ? 'errors' : 'ok');
        return result;
      } catch (error) {
        const failure = failureOf(error, name, request, parts);
        count(failure.extensions?.['code'] === 'TIMEOUT' ? 'timeout' : 'unavailable');
        return { errors: [failure] };
      }
    },
    subscribe: async (request) => {
      try {
        refuseOutage(name, parts);
        return await upstream.subscribe(request);
      } catch (error) {
        return { errors: [failureOf(error, name, request, parts)] };
      }
    },
  };
}

async function answerInTime(
  upstream: Upstream,
  request: UpstreamRequest,
  parts: Parts,
): Promise<GraphqlResult> {
  refuseOutage(upstream.name, parts);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const leftMs = remainingMs(request.context.deadlineAtMs, parts.clock);
    timer = setTimeout(() => reject(timeoutOf(upstream.name)), leftMs);
  });
  try {
    return await Promise.race([upstream.execute(request), late]);
  } finally {
    clearTimeout(timer);
  }
}

function refuseOutage(name: string, { outages }: Parts): void {
  if (!outages.has(name)) return;
  throw new PlatformError('UPSTREAM_UNAVAILABLE', `the subgraph ${name} does not answer`);
}

function timeoutOf(name: string): PlatformError {
  return new PlatformError('TIMEOUT', `the subgraph ${name} did not answer in time`);
}

function failureOf(
  error: unknown,
  service: string,
  { context }: UpstreamRequest,
  { logger }: Parts,
): GraphQLFormattedError {
  const { correlationId } = context;
  if (error instanceof PlatformError) {
    logger.warn({ err: error, service, correlationId }, 'subgraph did not answer');
    return { message: error.message, extensions: { ...error.details, code: error.code, service } };
  }
  logger.error({ err: error, service, correlationId }, 'bug while asking a subgraph');
  const code: ErrorCode = 'INTERNAL_SERVER_ERROR';
  return { message: 'Internal server error', extensions: { code, service, correlationId } };
}
