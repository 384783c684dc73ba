/**
 * Whether somebody is still there. The kernel takes megabytes for a reader that has stalled, so
 * that a pong, which comes after all that was sent before its ping, tells more than what is queued.
 */

import type { WebSocket } from 'ws';

export interface HeartbeatLimits {
  readonly pingEveryMs: number;
  /** How long a ping may wait for its pong. */
  readonly maxPongAgeMs: number;
}

export const HEARTBEAT_LIMITS: HeartbeatLimits = { pingEveryMs: 5_000, maxPongAgeMs: 10_000 };

/**
 * Calls `silent` when no pong came for too long; returns how to end it. Counts its own beats
 * instead of reading a clock: when this process stood still, nobody else is to blame for it.
 */
export function startHeartbeat(
  socket: WebSocket,
  { pingEveryMs, maxPongAgeMs }: HeartbeatLimits,
  silent: () => void,
): () => void {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered * pingEveryMs >= maxPongAgeMs) {
      silent();
    } else if (socket.readyState === socket.OPEN) {
      unanswered += 1;
      socket.ping();
    }
  }, pingEveryMs);
  const heard = (): void => {
    unanswered = 0;
  };
  socket.on('pong', heard);
  return () => {
    clearInterval(timer);
    socket.off('pong', heard);
  };
}
