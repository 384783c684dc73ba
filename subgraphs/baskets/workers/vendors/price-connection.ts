/**
 * Keeps one vendor connected while it is open.
 *
 * CLOSED before `open` and after `close`. CONNECTING: an endpoint is tried, the primary first, after
 * a failure the other one. LIVE: the delivery has the connection. DOWN: no endpoint lets itself be
 * tried now, or the wait between two tries is not over. A connection ends when it is lost, when the
 * breaker of its endpoint opens, or when the primary, tried from time to time from the secondary,
 * takes over again.
 */

import { pause } from '#platform/backoff';
import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { EndpointName, SessionState } from '../../domain/vendor.ts';
import { fullJitterMs } from './full-jitter.ts';
import type { PriceDelivery } from './price-delivery.ts';
import type { OpenSession, PriceSession, SessionOptions } from './price-session.ts';
import type { Permit } from './vendor-breaker.ts';
import { enterEndpoint, type EnteredEndpoint, type VendorEndpoint } from './vendor-endpoint.ts';

export interface PriceConnection {
  open(): void;
  status(): {
    readonly state: SessionState;
    readonly endpoint: EndpointName | null;
    readonly problem: string | null;
  };
  readonly connections: number;
  readonly clockSkewMs: number | null;
  close(): Promise<void>;
}

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

export function createPriceConnection(deps: PriceConnectionDeps): PriceConnection {
  const { delivery, endpoints, limits, logger, random, vendor } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<void> | undefined;
  let state: SessionState = 'CLOSED';
  let live: Opened | null = null;
  let problem: string | null = null;
  let connections = 0;
  let clockSkewMs: number | null = null;

  async function run(): Promise<void> {
    let failedAt: EndpointName | null = null;
    for (let failures = 0; !signal.aborted;) {
      const entered = enterEndpoint(endpoints, failedAt);
      if (!entered) {
        await down('no endpoint is tried for now', shortestWaitMs());
        continue;
      }
      state = 'CONNECTING';
      const opened = await tryToOpen(entered);
      if (opened === null) {
        failedAt = entered.endpoint.name;
        failures += 1;
        await down(problem, fullJitterMs(failures - 1, { ...limits.backoff, random }));
        continue;
      }
      const ackedBefore = delivery.counters.acked;
      failedAt = (await stayConnected(opened)).endpoint.name;
      // A vendor that takes the login and nothing else is not hammered.
      failures = delivery.counters.acked > ackedBefore ? 0 : failures + 1;
      if (signal.aborted) break;
      await down(problem, failures === 0 ? 0 : jitterMs(failures));
    }
    state = 'CLOSED';
  }

  const jitterMs = (failures: number): number =>
    fullJitterMs(failures - 1, { ...limits.backoff, random });

  async function down(why: string | null, ms: number): Promise<void> {
    state = 'DOWN';
    problem = why;
    logger.warn({ vendor, problem }, 'no connection for prices to the vendor');
    await pause(ms, signal);
  }

  function shortestWaitMs(): number {
    const waits = endpoints.map(({ breaker }) => breaker.waitMs());
    return Math.max(LEAST_WAIT_MS, Math.min(...waits));
  }

  async function tryToOpen({ endpoint, permit }: EnteredEndpoint): Promise<Opened | null> {
    const { promise: ended, resolve: end } = deferred<string>();
    const isCurrent = (): boolean => live?.endpoint === endpoint && live.ended === ended;
    try {
      const session = await deps.openSession({
        ...deps,
        url: endpoint.url,
        signal,
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
      settleFailed(permit);
      problem = error instanceof Error ? error.message : String(error);
      return null;
    }
  }

  function settleFailed(permit: Permit | null): void {
    if (signal.aborted) permit?.cancel();
    else permit?.settle('FAILED');
  }

  /** Until there is no connection any more; answers with the last one. */
  async function stayConnected(first: Opened): Promise<Opened> {
    let opened = first;
    for (;;) {
      goLive(opened);
      const failback = watchPrimary(opened);
      const end = await Promise.race([opened.ended, failback.taken]);
      failback.stop(end);
      delivery.detach();
      opened.session.close();
      live = null;
      if (typeof end !== 'string') {
        opened = end;
        continue;
      }
      problem = end;
      if (end !== BREAKER_OPENED) settleFailed(opened.endpoint.breaker.enter());
      return opened;
    }
  }

  function goLive(opened: Opened): void {
    const { endpoint, session, end } = opened;
    live = opened;
    state = 'LIVE';
    problem = null;
    connections += 1;
    clockSkewMs = session.clockSkewMs;
    logger.info({ vendor, endpoint: endpoint.name }, 'connected for prices');
    if (signal.aborted) end('stopped');
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
  function watchPrimary({ endpoint }: Opened) {
    const { promise: taken, resolve } = deferred<Opened>();
    let found: Opened | null = null;
    const [primary] = endpoints;
    let isStopped = primary === undefined || primary === endpoint;
    let timer: NodeJS.Timeout | undefined;

    const probe = async (): Promise<void> => {
      const permit = primary?.breaker.enter() ?? null;
      const opened = primary && permit ? await tryToOpen({ endpoint: primary, permit }) : null;
      if (opened && isStopped) opened.session.close();
      else if (opened) resolve((found = opened));
      else if (!isStopped) timer = setTimeout(() => void probe(), limits.failbackMs);
    };
    if (!isStopped) timer = setTimeout(() => void probe(), limits.failbackMs);
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

  return {
    open() {
      running ??= run();
    },
    status: () => ({ state, endpoint: live?.endpoint.name ?? null, problem }),
    get connections() {
      return connections;
    },
    get clockSkewMs() {
      return clockSkewMs;
    },
    async close() {
      stopping.abort();
      live?.end('stopped');
      await running;
      delivery.detach();
    },
  };
}

const BREAKER_OPENED = 'too many posts failed';

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => (settle = resolve));
  return { promise, resolve: (value) => settle(value) };
}
