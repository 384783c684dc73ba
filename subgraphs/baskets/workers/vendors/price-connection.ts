/**
 * Keeps one vendor connected while it is open.
 *
 * CLOSED before `open` and after `close`. CONNECTING: an endpoint is tried, the primary first,
 * after a failure the other one. LIVE: the delivery has the connection. DOWN: no endpoint lets
 * itself be tried now, or the wait between two tries is not over. A connection ends when it is
 * lost, when the breaker of its endpoint opens, or when the primary, tried from time to time from
 * the secondary, takes over again.
 */

import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { EndpointName, PriceSessionStatus, SessionState } from '../../domain/vendor.ts';
import { fullJitterMs } from './full-jitter.ts';
import type { PriceDelivery } from './price-delivery.ts';
import type { OpenSession, PriceSession, SessionOptions } from './price-session.ts';
import type { Permit } from './vendor-breaker.ts';
import { enterEndpoint, type EnteredEndpoint, type VendorEndpoint } from './vendor-endpoint.ts';

export interface PriceConnectionDeps extends Pick<
  SessionOptions,
  'clientId' | 'limits' | 'tokens'
> {
  readonly vendor: string;
  readonly endpoints: readonly VendorEndpoint[];
  readonly openSession: OpenSession;
  readonly delivery: PriceDelivery;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: () => number;
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly logger: Logger;
}

interface Opened {
  readonly endpoint: VendorEndpoint;
  readonly session: PriceSession;
  /** Resolves with why it ended. */
  readonly ended: Promise<string>;
  readonly end: (problem: string) => void;
}

/** A breaker that lets nothing through says when; half-open it does not. */
const LEAST_WAIT_MS = 20;

const BREAKER_OPENED = 'too many posts failed';

export class PriceConnection {
  readonly #deps: PriceConnectionDeps;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #state: SessionState = 'CLOSED';
  #live: Opened | null = null;
  #problem: string | null = null;
  #connections = 0;
  #clockSkewMs: number | null = null;

  constructor(deps: PriceConnectionDeps) {
    this.#deps = deps;
  }

  open(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#live?.end('stopped');
    await this.#running;
    this.#deps.delivery.detach();
  }

  status(): Pick<PriceSessionStatus, 'state' | 'endpoint' | 'problem'> {
    const endpoint = this.#live?.endpoint.name ?? null;
    return { state: this.#state, endpoint, problem: this.#live ? null : this.#problem };
  }

  /** How often it was made. */
  get connections(): number {
    return this.#connections;
  }

  get clockSkewMs(): number | null {
    return this.#clockSkewMs;
  }

  async #run(): Promise<void> {
    const { delivery, endpoints } = this.#deps;
    const { signal } = this.#stopping;
    let failedAt: EndpointName | null = null;
    for (let failures = 0; !signal.aborted;) {
      const entered = enterEndpoint(endpoints, failedAt);
      if (!entered) {
        await this.#down('no endpoint is tried for now', this.#shortestWaitMs());
        continue;
      }
      this.#state = 'CONNECTING';
      const opened = await this.#tryToOpen(entered);
      const ackedBefore = delivery.counters.acked;
      const last = opened ? await this.#stayConnected(opened) : entered;
      failedAt = last.endpoint.name;
      // A vendor that takes the login and nothing else is not hammered.
      failures = delivery.counters.acked > ackedBefore ? 0 : failures + 1;
      await this.#down(this.#problem, this.#jitterMs(failures));
    }
    this.#state = 'CLOSED';
  }

  /** None after a connection that did its work. */
  #jitterMs(failures: number): number {
    const { limits, random } = this.#deps;
    return failures === 0 ? 0 : fullJitterMs(failures - 1, { ...limits.reconnect, random });
  }

  async #down(problem: string | null, ms: number): Promise<void> {
    const { logger, pause, vendor } = this.#deps;
    if (this.#stopping.signal.aborted) return;
    this.#state = 'DOWN';
    this.#problem = problem;
    logger.warn({ vendor, problem }, 'no connection for prices to the vendor');
    await pause(ms, this.#stopping.signal);
  }

  #shortestWaitMs(): number {
    const waits = this.#deps.endpoints.map(({ breaker }) => breaker.waitMs());
    return Math.max(LEAST_WAIT_MS, Math.min(...waits));
  }

  async #tryToOpen({ endpoint, permit }: EnteredEndpoint): Promise<Opened | null> {
    const { delivery, openSession } = this.#deps;
    const { promise: ended, resolve: end } = deferred<string>();
    const isCurrent = (): boolean => this.#live?.ended === ended;
    try {
      const session = await openSession({
        ...this.#deps,
        url: endpoint.url,
        signal: this.#stopping.signal,
        events: {
          onAck: (postId) => {
            if (isCurrent()) delivery.onAck(postId);
          },
          onNak: (nak) => {
            if (isCurrent()) delivery.onNak(nak);
          },
          onLost: end,
        },
      });
      permit.settle('SUCCEEDED');
      return { endpoint, session, ended, end };
    } catch (error) {
      this.#settleFailed(permit);
      this.#problem = error instanceof Error ? error.message : String(error);
      return null;
    }
  }

  #settleFailed(permit: Permit | null): void {
    if (this.#stopping.signal.aborted) permit?.cancel();
    else permit?.settle('FAILED');
  }

  /** Until there is no connection any more; answers with the last one. */
  async #stayConnected(first: Opened): Promise<Opened> {
    for (let opened = first; ;) {
      this.#goLive(opened);
      const failback = this.#watchPrimary(opened);
      const end = await Promise.race([opened.ended, failback.taken]);
      failback.stop(end);
      this.#deps.delivery.detach();
      opened.session.close();
      this.#live = null;
      if (typeof end === 'string') {
        this.#problem = end;
        if (end !== BREAKER_OPENED) this.#settleFailed(opened.endpoint.breaker.enter());
        return opened;
      }
      opened = end;
    }
  }

  #goLive(opened: Opened): void {
    const { delivery, logger, vendor } = this.#deps;
    const { end, endpoint, session } = opened;
    this.#live = opened;
    this.#state = 'LIVE';
    this.#connections += 1;
    this.#clockSkewMs = session.clockSkewMs;
    logger.info({ vendor, endpoint: endpoint.name }, 'connected for prices');
    if (this.#stopping.signal.aborted) end('stopped');
    delivery.attach({
      endpoint: endpoint.name,
      send: (post) => session.post(post),
      enter: () => endpoint.breaker.enter(),
      onFailure: () => {
        if (endpoint.breaker.state === 'OPEN') end(BREAKER_OPENED);
      },
    });
  }

  /** From another endpoint: the primary, once it takes a connection again. */
  #watchPrimary({ endpoint }: Opened) {
    const { endpoints, limits } = this.#deps;
    const { promise: taken, resolve } = deferred<Opened>();
    const [primary] = endpoints;
    let found: Opened | null = null;
    let isStopped = primary === undefined || primary === endpoint;
    let timer: NodeJS.Timeout | undefined;

    const probe = async (): Promise<void> => {
      const permit = primary?.breaker.enter() ?? null;
      const opened =
        primary && permit ? await this.#tryToOpen({ endpoint: primary, permit }) : null;
      if (isStopped) return opened?.session.close();
      if (!opened) return probeLater();
      found = opened;
      resolve(opened);
    };
    const probeLater = (): void => {
      timer = setTimeout(() => void probe(), limits.failbackMs);
    };
    if (!isStopped) probeLater();
    return {
      taken,
      /** One that was found and is not used is closed. */
      stop: (used: Opened | string) => {
        isStopped = true;
        clearTimeout(timer);
        if (found !== used) found?.session.close();
      },
    };
  }
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => (settle = resolve));
  return { promise, resolve: (value) => settle(value) };
}
