/**
 * The life of one session, the same for every vendor. OPENING until the vendor takes posts, for
 * `connectMs` at most; LIVE until it is lost or closed; then over, and nothing is told any more.
 */

import type { PriceSession, SessionOptions } from './price-session.ts';
import { type SessionWatch, watchSession } from './session-watch.ts';

export interface LiveSession extends Pick<PriceSession, 'post' | 'clockSkewMs'> {
  readonly refreshInMs: number;
  readonly ping: () => void;
  /** Gives the vendor a new token. */
  readonly renew: (token: string) => void;
}

export interface SessionLife {
  /** Rejects with an Error when the session ends before it is live. */
  readonly opened: Promise<PriceSession>;
  /** The vendor takes posts; a second time it has no effect. */
  live(session: LiveSession): void;
  fail(problem: string): void;
  /** Something came from the vendor. */
  heard(): void;
  readonly isOver: boolean;
}

export function beginSession(options: SessionOptions, disconnect: () => void): SessionLife {
  const { events, limits, signal } = options;
  let watch: SessionWatch | undefined;
  let isOver = false;
  let settle: {
    readonly resolve: (session: PriceSession) => void;
    readonly reject: (error: Error) => void;
  };
  const opened = new Promise<PriceSession>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const late = setTimeout(() => fail('the login was not answered'), limits.connectMs);
  const onAbort = (): void => fail('stopped');

  function close(): void {
    isOver = true;
    clearTimeout(late);
    watch?.stop();
    signal.removeEventListener('abort', onAbort);
    disconnect();
  }

  function fail(problem: string): void {
    if (isOver) return;
    close();
    if (watch) events.onLost(problem);
    else settle.reject(new Error(problem));
  }

  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    opened,
    live({ clockSkewMs, post, ...watched }) {
      if (watch || isOver) return;
      clearTimeout(late);
      watch = watchSession(options, { ...watched, onSilence: fail });
      settle.resolve({ post, close, clockSkewMs });
    },
    fail,
    heard: () => watch?.heard(),
    get isOver() {
      return isOver;
    },
  };
}
