/** Keeps one session alive: pings, notices silence, renews the token before it expires. */

import type { SessionOptions } from './price-session.ts';

export interface SessionWatch {
  /** Something came from the vendor. */
  heard(): void;
  stop(): void;
}

/** After a renewal that failed: the vendor says itself when the old token is over. */
const RENEW_AGAIN_MS = 1_000;

export function watchSession(
  { clock, limits, tokens }: Pick<SessionOptions, 'clock' | 'limits' | 'tokens'>,
  session: {
    readonly refreshInMs: number;
    readonly ping: () => void;
    readonly renew: (token: string) => void;
    readonly onSilence: (problem: string) => void;
  },
): SessionWatch {
  let heardAtMs = clock.nowMs();
  let renewal: NodeJS.Timeout | undefined;
  let isStopped = false;

  const beat = setInterval(() => {
    if (clock.nowMs() - heardAtMs > limits.silenceMs) {
      session.onSilence(`silent for ${limits.silenceMs} ms`);
    } else {
      session.ping();
    }
  }, limits.pingMs);

  async function renew(): Promise<void> {
    const held = await tokens.current();
    if (isStopped) return;
    if (held.kind === 'TOKEN') session.renew(held.token);
    renewIn(held.kind === 'TOKEN' ? held.refreshInMs : RENEW_AGAIN_MS);
  }

  function renewIn(ms: number): void {
    renewal = setTimeout(() => void renew(), ms);
  }

  renewIn(session.refreshInMs);
  return {
    heard() {
      heardAtMs = clock.nowMs();
    },
    stop() {
      isStopped = true;
      clearInterval(beat);
      clearTimeout(renewal);
    },
  };
}
