/**
 * HTTP requests to one vendor: a place in its bulkhead, a token of its rate, an endpoint whose
 * breaker lets it through, and further attempts with full jitter where that can help. An attempt
 * that failed is repeated at the other endpoint, when there is one that takes it.
 */

import { request as httpRequest, type Dispatcher } from 'undici';
import { pause } from '#platform/backoff';
import type { Clock } from '#platform/clock';
import { parseJson } from '#platform/http/request-body';
import type { VendorFault, VendorOutage } from '../../domain/vendor.ts';
import { createBulkhead } from './bulkhead.ts';
import { fullJitterMs } from './full-jitter.ts';
import { createLatencyWindow } from './latency-window.ts';
import type { EnteredEndpoint, VendorEndpoint } from './vendor-endpoint.ts';
import { enterEndpoint } from './vendor-endpoint.ts';
import { MAX_MESSAGE_BYTES, type VendorLimits } from './vendor-limits.ts';
import { createVendorRate } from './vendor-rate.ts';

export interface VendorRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent as JSON; undefined for none. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type VendorAnswer =
  | { readonly kind: 'ANSWERED'; readonly body: unknown; readonly endpointUrl: string }
  /** 401: the token is not good any more. */
  | { readonly kind: 'UNAUTHORIZED' }
  | VendorFault;

export interface VendorCalls {
  call(request: VendorRequest): Promise<VendorAnswer>;
  figures(): {
    readonly calls: number;
    readonly failures: number;
    readonly waiting: number;
    readonly latencyMs: ReturnType<ReturnType<typeof createLatencyWindow>['percentiles']>;
  };
}

export interface VendorCallsDeps {
  readonly name: string;
  readonly endpoints: readonly VendorEndpoint[];
  readonly limits: VendorLimits;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: () => number;
  /** Aborted when the vendor is not asked any more; whoever does that destroys the dispatcher. */
  readonly signal: AbortSignal;
  readonly dispatcher: Dispatcher;
  /** What the vendor says in the body of a refusal. */
  readonly refusalOf: (body: unknown) => { readonly code: string; readonly text: string };
}

/** One attempt. `retryAfterMs`: the vendor said when. */
type Attempt =
  | { readonly kind: 'DONE'; readonly answer: VendorAnswer }
  | { readonly kind: 'AGAIN'; readonly fault: VendorFault; readonly retryAfterMs: number | null };

const TOO_MANY_REQUESTS = 429;
const UNAUTHORIZED = 401;
/** The request may be fine: the server or the way to it was not. */
const RETRYABLE = new Set([408, 425, TOO_MANY_REQUESTS, 500, 502, 503, 504]);
const MAX_RETRY_AFTER_MS = 10_000;

const unavailable = (why: VendorOutage, text: string): VendorFault => ({
  kind: 'UNAVAILABLE',
  why,
  text,
});

export function createVendorCalls(deps: VendorCallsDeps): VendorCalls {
  const { clock, endpoints, limits, name, random, signal } = deps;
  const rate = createVendorRate(limits.callRate, clock);
  const bulkhead = createBulkhead({ atOnce: limits.callsAtOnce, waiting: limits.callsWaiting });
  const latency = createLatencyWindow();
  let calls = 0;
  let failures = 0;

  async function throughRate(): Promise<void> {
    for (let waitMs = rate.take(); waitMs > 0 && !signal.aborted; waitMs = rate.take()) {
      await pause(waitMs, signal);
    }
  }

  async function ask(request: VendorRequest): Promise<VendorAnswer> {
    const stopped = unavailable('STOPPED', `${name} is not asked any more`);
    let fault: VendorFault = stopped;
    let failedAt: EnteredEndpoint['endpoint']['name'] | null = null;
    for (let k = 0; k < limits.callAttempts; k += 1) {
      await throughRate();
      if (signal.aborted) return stopped;
      const entered = enterEndpoint(endpoints, failedAt);
      if (!entered) return unavailable('BREAKER_OPEN', `${name} is not asked for now: it failed`);
      const attempt = await attemptOf(request, entered);
      if (attempt.kind === 'DONE') return attempt.answer;
      fault = attempt.fault;
      failedAt = entered.endpoint.name;
      if (k + 1 === limits.callAttempts) break;
      const jitterMs = fullJitterMs(k, { ...limits.backoff, random });
      await pause(Math.max(attempt.retryAfterMs ?? 0, jitterMs), signal);
    }
    return signal.aborted ? stopped : fault;
  }

  async function attemptOf(
    request: VendorRequest,
    { endpoint, permit }: EnteredEndpoint,
  ): Promise<Attempt> {
    const startedAtMs = clock.nowMs();
    calls += 1;
    try {
      const { status, retryAfterMs, text } = await send(request, endpoint.url, deps);
      latency.add(clock.nowMs() - startedAtMs);
      if (status === TOO_MANY_REQUESTS) {
        // It is alive, and says so.
        permit.settle('SUCCEEDED');
        rate.holdFor(retryAfterMs ?? 0);
        const fault = unavailable('THROTTLED', `${name} takes no more requests for now`);
        return { kind: 'AGAIN', fault, retryAfterMs };
      }
      permit.settle(RETRYABLE.has(status) ? 'FAILED' : 'SUCCEEDED');
      if (!RETRYABLE.has(status)) return { kind: 'DONE', answer: answerOf(status, text, endpoint) };
      failures += 1;
      const fault = unavailable('VENDOR_ERROR', `${name} answered with status ${status}`);
      return { kind: 'AGAIN', fault, retryAfterMs };
    } catch (error) {
      if (signal.aborted) permit.cancel();
      else permit.settle('FAILED');
      failures += 1;
      return { kind: 'AGAIN', fault: outageOf(error), retryAfterMs: null };
    }
  }

  function answerOf(status: number, text: string, { url }: VendorEndpoint): VendorAnswer {
    if (status === UNAUTHORIZED) return { kind: 'UNAUTHORIZED' };
    const body = text === '' ? null : parseJson(text);
    if (status >= 400) return { kind: 'REJECTED', ...deps.refusalOf(body) };
    if (body === undefined) return unavailable('UNREADABLE_ANSWER', `${name}: expected JSON`);
    return { kind: 'ANSWERED', body, endpointUrl: url };
  }

  function outageOf(error: unknown): VendorFault {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    if (isLate) {
      return unavailable('TIMEOUT', `${name} did not answer within ${limits.answerMs} ms`);
    }
    const text = error instanceof Error ? error.message : String(error);
    return unavailable('UNREACHABLE', `${name} cannot be reached: ${text}`);
  }

  return {
    async call(request) {
      const answer = await bulkhead.run(() => ask(request));
      return answer ?? unavailable('QUEUE_FULL', `too many requests wait for ${name}`);
    },
    figures: () => ({ calls, failures, waiting: bulkhead.load, latencyMs: latency.percentiles() }),
  };
}

async function send(
  { method, path, body, headers }: VendorRequest,
  url: string,
  { dispatcher, limits }: VendorCallsDeps,
) {
  const answer = await httpRequest(`${url}${path}`, {
    method,
    dispatcher,
    signal: AbortSignal.timeout(limits.answerMs),
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await textOf(answer.body);
  const seconds = Number(answer.headers['retry-after'] ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds)
    ? Math.min(MAX_RETRY_AFTER_MS, Math.max(0, seconds * 1_000))
    : null;
  return { status: answer.statusCode, retryAfterMs, text };
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_MESSAGE_BYTES)
      throw new Error(`an answer has at most ${MAX_MESSAGE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
