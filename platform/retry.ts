/**
 * Calls to what may be away: each attempt with a time limit, a few attempts with jittered backoff,
 * and a breaker that stops asking for a while. Guard batches on hot paths: it costs about 24 us.
 *
 * The breaker is closed until `breakAfterFailures` attempts in a row failed; then open, where calls
 * fail at once; after `openForMs` one call is let through, which closes or opens it again.
 */

import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { PlatformError } from './errors.ts';
import { isOutage } from './outage.ts';

export interface GuardOptions {
  /** Of the dependency: callers read it in the error. */
  readonly name: string;
  /** Of one attempt; the work is told by its signal and not waited for any longer. */
  readonly timeoutMs: number;
  /** After the first attempt. 0 for what must not be done twice. */
  readonly maxRetries: number;
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly breakAfterFailures: number;
  readonly openForMs: number;
}

export const DEFAULT_GUARD = {
  timeoutMs: 2_000,
  maxRetries: 2,
  firstBackoffMs: 50,
  maxBackoffMs: 1_000,
  breakAfterFailures: 5,
  openForMs: 5_000,
} as const;

export interface Guard {
  /** Only outages are tried again and count for the breaker; any other error passes through. */
  run<T>(work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>;
  readonly isOpen: boolean;
}

/** Calls throw UPSTREAM_UNAVAILABLE while the breaker is open, TIMEOUT when late to the last. */
export function createGuard(options: GuardOptions): Guard {
  const { name } = options;
  const outages = handleWhen((error) => error instanceof TaskCancelledError || isOutage(error));
  const breaker = circuitBreaker(outages, {
    halfOpenAfter: options.openForMs,
    breaker: new ConsecutiveBreaker(options.breakAfterFailures),
  });
  const policy = wrap(
    retry(outages, {
      maxAttempts: options.maxRetries,
      backoff: new ExponentialBackoff({
        initialDelay: options.firstBackoffMs,
        maxDelay: options.maxBackoffMs,
      }),
    }),
    breaker,
    timeout(options.timeoutMs, TimeoutStrategy.Aggressive),
  );
  return {
    async run(work, signal) {
      try {
        return await policy.execute((context) => work(context.signal), signal);
      } catch (cause) {
        throw told(cause, options);
      }
    },
    get isOpen() {
      return breaker.state === CircuitState.Open;
    },
  };

  function told(cause: unknown, { timeoutMs }: GuardOptions): unknown {
    const details = { dependency: name };
    if (cause instanceof BrokenCircuitError) {
      return new PlatformError('UPSTREAM_UNAVAILABLE', `${name} is not asked for now: it failed`, {
        cause,
        details,
      });
    }
    if (cause instanceof TaskCancelledError) {
      const message = `${name} did not answer within ${timeoutMs} ms`;
      return new PlatformError('TIMEOUT', message, { cause, details });
    }
    return cause;
  }
}
