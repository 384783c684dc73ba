/**
 * One WebSocket, lent to graphql-ws: sends, closes, and keeps alive. Messages that are ready go
 * past
 * graphql-ws through `frames`. Modes: open, then closing as soon as either side asks; entering
 * closing ends the streams at once, without waiting for a client that may never answer.
 */

import type { IncomingMessage } from 'node:http';
import { CloseCode, type Server } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import type { Logger } from '../logger.ts';
import { type FlushSchedule, MAX_FLUSH_DELAY_MS } from './flush-schedule.ts';
import { frameOutlet } from './frame-outlet.ts';
import { FRAME_QUEUE_LIMITS, FrameQueue, type FrameQueueLimits } from './frame-queue.ts';
import { HEARTBEAT_LIMITS, type HeartbeatLimits, startHeartbeat } from './socket-heartbeat.ts';

/** Private: the client did not take its messages in time, and may come back for them. */
export const TOO_SLOW = 4490;
/** What a close frame holds besides its code; a reason may quote an id of the client's. */
const MAX_REASON_BYTES = 123;
/** How often it is looked whether a client that was not read from has taken its answers. */
const READ_AGAIN_AFTER_MS = 50;
/** A client that does not answer the closing as too slow is cut off. */
const CUT_OFF_AFTER_MS = 2_000;

type Wire = Parameters<Server<SocketExtra>['opened']>[0];
type Closed = ReturnType<Server<SocketExtra>['opened']>;

export interface SocketExtra {
  readonly request: IncomingMessage;
  readonly close: (code: number, reason: string) => void;
  readonly frames: FrameQueue;
}

export interface SocketLimits extends FrameQueueLimits, HeartbeatLimits {
  /** The longest that ready messages wait for others under load; 0: never. */
  readonly maxFlushDelayMs: number;
}

export const SOCKET_LIMITS: SocketLimits = {
  ...FRAME_QUEUE_LIMITS,
  ...HEARTBEAT_LIMITS,
  maxFlushDelayMs: MAX_FLUSH_DELAY_MS,
};

export type SlowReason = 'queue' | 'pong';

export interface SocketParts<Extra extends SocketExtra> {
  readonly extra: (base: Pick<SocketExtra, 'close' | 'frames'>) => Extra;
  readonly schedule: FlushSchedule;
  readonly limits: SocketLimits;
  readonly onSkipped: () => void;
  readonly onTooSlow: (reason: SlowReason) => void;
  readonly logger: Logger;
}

/** Returns the closing of the socket, for whoever ends the server. */
export function serveSocket<Extra extends SocketExtra>(
  socket: WebSocket,
  protocol: Server<Extra>,
  parts: SocketParts<Extra>,
): SocketExtra['close'] {
  const { logger, limits } = parts;
  // graphql-ws closes a socket of no or another subprotocol before it hands over its ending.
  let closed: Closed = () => Promise.resolve();
  let isClosing = false;
  let cutOff: NodeJS.Timeout | undefined;

  const frames = new FrameQueue({
    outlet: frameOutlet(socket),
    schedule: parts.schedule,
    limits,
    tooSlow: () => closeAsTooSlow('queue'),
    skipped: parts.onSkipped,
  });
  const endHeartbeat = startHeartbeat(socket, limits, () => closeAsTooSlow('pong'));

  // Such as a message above the size limit: ws closes the socket by itself, with 1009.
  socket.on('error', (error) => logger.debug({ err: error }, 'socket failed'));
  socket.once('close', (code, reason) => {
    clearTimeout(cutOff);
    ended(code, reason.toString());
  });

  const close = (code: number, reason: string): void => {
    socket.close(code, Buffer.byteLength(reason) > MAX_REASON_BYTES ? '' : reason);
    ended(code, reason);
  };

  const failed = (error: unknown): void => {
    if (isClosing) return;
    logger.error({ err: error }, 'bug while handling a message');
    close(CloseCode.InternalServerError, 'Internal server error');
  };

  closed = protocol.opened(
    wireOf(socket, { limits, close, failed }),
    parts.extra({ close, frames }),
  );

  function closeAsTooSlow(reason: SlowReason): void {
    if (isClosing) return;
    parts.onTooSlow(reason);
    cutOff = setTimeout(() => socket.terminate(), CUT_OFF_AFTER_MS);
    close(TOO_SLOW, 'too slow: subscribe again, with `after` where the field has it');
  }

  function ended(code: number, reason: string): void {
    if (isClosing) return;
    isClosing = true;
    endHeartbeat();
    frames.close();
    closed(code, reason).catch((error: unknown) => {
      logger.error({ err: error }, 'bug while ending the streams of a socket');
    });
  }

  return close;
}

/** The socket as graphql-ws takes it. */
function wireOf(
  socket: WebSocket,
  {
    limits,
    close,
    failed,
  }: {
    readonly limits: SocketLimits;
    readonly close: SocketExtra['close'];
    readonly failed: (error: unknown) => void;
  },
): Wire {
  return {
    protocol: socket.protocol,
    send: (data) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== socket.OPEN) resolve();
        else socket.send(data, (error) => (error ? reject(error) : resolve()));
      }),
    close,
    onMessage: (handle) => {
      socket.on('message', (data: RawData) => {
        readOnWhenDrained(socket, limits);
        handle(textOf(data)).catch(failed);
      });
    },
  };
}

/** Who asks and does not read the answers is not read from; its pong gets old meanwhile. */
function readOnWhenDrained(socket: WebSocket, { maxQueuedBytes }: SocketLimits): void {
  if (socket.isPaused || socket.bufferedAmount <= maxQueuedBytes) return;
  socket.pause();
  const timer = setInterval(() => {
    if (socket.readyState === socket.OPEN && socket.bufferedAmount > maxQueuedBytes) return;
    clearInterval(timer);
    socket.resume();
  }, READ_AGAIN_AFTER_MS);
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
}
