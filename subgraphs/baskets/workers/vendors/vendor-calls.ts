/**
 * HTTP requests to one vendor: a place in its bulkhead, a token of its rate, an endpoint whose
 * breaker lets it through, and further attempts with full jitter where that can help. An attempt
 * that failed is repeated at the other endpoint, when there is one that takes it.
 */

import { request as httpRequest, type Dispatcher } from 'undici';
import { pause } from '#platform/backoff';
import type { Clock } from '#platform/clock';
import { parseJson } from '#platform/http/request-body';
import type { EndpointName, VendorFault, VendorOutage } from '../../domain/vendor.ts';
import { type Bulkhead, createBulkhead } from './bulkhead.ts';
import { fullJitterMs } from './full-jitter.ts';
import { createLatencyWindow } from './latency-window.ts';
import type { EnteredEndpoint, VendorEndpoint } from './vendor-endpoint.ts';
import { enterEndpoint } from './vendor-endpoint.ts';
import { MAX_MESSAGE_BYTES, type VendorLimits } from './vendor-limits.ts';
import { createVendorRate, type VendorRate } from './vendor-rate.ts';

export interface VendorRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent as JSON; undefined for none. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type VendorAnswer =
  | { readonly kind: 'ANSWERED'; readonly body: unknown }
  /** 401: the token is not good any more. */
  | { readonly kind: 'UNAUTHORIZED' }
  | VendorFault;

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
const FIRST_REFUSAL = 400;
const UNAUTHORIZED = 401;
/** The request may be fine: the server or the way to it was not. */
const RETRYABLE = new Set([408, 425, TOO_MANY_REQUESTS, 500, 502, 503, 504]);
const MAX_RETRY_AFTER_MS = 10_000;

const unavailable = (why: VendorOutage, text: string): VendorFault => ({
  kind: 'UNAVAILABLE',
  why,
  text,
});

export class VendorCalls {
  readonly #deps: VendorCallsDeps;
  readonly #rate: VendorRate;
  readonly #bulkhead: Bulkhead;
  readonly #latency = createLatencyWindow();
  #calls = 0;
  #failures = 0;

  constructor(deps: VendorCallsDeps) {
    const { clock, limits } = deps;
    this.#deps = deps;
    this.#rate = createVendorRate(limits.callRate, clock);
    this.#bulkhead = createBulkhead({ atOnce: limits.callsAtOnce, waiting: limits.callsWaiting });
  }

  async call(request: VendorRequest): Promise<VendorAnswer> {
    const answer = await this.#bulkhead.run(() => this.#ask(request));
    const { name } = this.#deps;
    return answer ?? unavailable('QUEUE_FULL', `too many requests wait for ${name}`);
  }

  figures() {
    return {
      calls: this.#calls,
      failures: this.#failures,
      /** In hand or waiting for a place. */
      waiting: this.#bulkhead.load,
      latencyMs: this.#latency.percentiles(),
    };
  }

  async #ask(request: VendorRequest): Promise<VendorAnswer> {
    const { endpoints, limits, name, random, signal } = this.#deps;
    const stopped = unavailable('STOPPED', `${name} is not asked any more`);
    let fault: VendorFault = stopped;
    let failedAt: EndpointName | null = null;
    for (let k = 0; k < limits.callAttempts && !signal.aborted; k += 1) {
      await this.#throughRate();
      if (signal.aborted) break;
      const entered = enterEndpoint(endpoints, failedAt);
      if (!entered) return unavailable('BREAKER_OPEN', `${name} is not asked for now: it failed`);
      const attempt = await this.#attempt(request, entered);
      if (attempt.kind === 'DONE') return attempt.answer;
      fault = attempt.fault;
      failedAt = entered.endpoint.name;
      if (k + 1 === limits.callAttempts) break;
      const jitterMs = fullJitterMs(k, { ...limits.backoff, random });
      await pause(Math.max(attempt.retryAfterMs ?? 0, jitterMs), signal);
    }
    return signal.aborted ? stopped : fault;
  }

  async #throughRate(): Promise<void> {
    const { signal } = this.#deps;
    for (let ms = this.#rate.take(); ms > 0 && !signal.aborted; ms = this.#rate.take()) {
      await pause(ms, signal);
    }
  }

  async #attempt(request: VendorRequest, { endpoint, permit }: EnteredEndpoint): Promise<Attempt> {
    const { clock, name, signal } = this.#deps;
    const startedAtMs = clock.nowMs();
    this.#calls += 1;
    try {
      const { status, retryAfterMs, text } = await send(request, endpoint.url, this.#deps);
      this.#latency.add(clock.nowMs() - startedAtMs);
      if (status === TOO_MANY_REQUESTS) {
        // It is alive, and says so.
        permit.settle('SUCCEEDED');
        this.#rate.holdFor(retryAfterMs ?? 0);
        const fault = unavailable('THROTTLED', `${name} takes no more requests for now`);
        return { kind: 'AGAIN', fault, retryAfterMs };
      }
      permit.settle(RETRYABLE.has(status) ? 'FAILED' : 'SUCCEEDED');
      if (!RETRYABLE.has(status)) {
        return { kind: 'DONE', answer: answerOf(status, text, this.#deps) };
      }
      this.#failures += 1;
      const fault = unavailable('VENDOR_ERROR', `${name} answered with status ${status}`);
      return { kind: 'AGAIN', fault, retryAfterMs };
    } catch (error) {
      if (signal.aborted) permit.cancel();
      else permit.settle('FAILED');
      this.#failures += 1;
      return { kind: 'AGAIN', fault: outageOf(error, this.#deps), retryAfterMs: null };
    }
  }
}

function answerOf(
  status: number,
  text: string,
  { name, refusalOf }: Pick<VendorCallsDeps, 'name' | 'refusalOf'>,
): VendorAnswer {
  if (status === UNAUTHORIZED) return { kind: 'UNAUTHORIZED' };
  const body = text === '' ? null : parseJson(text);
  if (status >= FIRST_REFUSAL) return { kind: 'REJECTED', ...refusalOf(body) };
  if (body === undefined) return unavailable('UNREADABLE_ANSWER', `${name}: expected JSON`);
  return { kind: 'ANSWERED', body };
}

function outageOf(
  error: unknown,
  { limits, name }: Pick<VendorCallsDeps, 'limits' | 'name'>,
): VendorFault {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return unavailable('TIMEOUT', `${name} did not answer within ${limits.answerMs} ms`);
  }
  const text = error instanceof Error ? error.message : String(error);
  return unavailable('UNREACHABLE', `${name} cannot be reached: ${text}`);
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
