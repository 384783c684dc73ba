/**
 * Prices to a Refinitiv-style vendor: WebSocket JSON after its public protocol. A login on stream 1
 * with a token, posts on that stream with an acknowledgement each, Ping and Pong both ways, and a
 * new login on the same stream with each new token.
 */

import { type RawData, WebSocket } from 'ws';
import { z } from 'zod';
import { toNumber, roundTo } from '#kernel/decimal';
import { parseJson } from '#platform/http/request-body';
import { type Post, TICK_PRECISION } from '../../domain/vendor.ts';
import {
  nakKindOf,
  type OpenSession,
  type PriceSession,
  type SessionOptions,
} from './price-session.ts';
import { ricOf } from './refinitiv-style-listing.ts';
import { type SessionWatch, watchSession } from './session-watch.ts';
import { MAX_MESSAGE_BYTES } from './vendor-limits.ts';

const PATH = '/WebSocket';
const PROTOCOL = 'tr_json2';
const LOGIN_STREAM = 1;
const SERVICE = 'PLUMBLINE_CONTRIB';
const APPLICATION_ID = '256';
const POSITION = '127.0.0.1/net';

/** NAKs after which the same post may be taken. `Throttled` is the emulator's. */
const NAKS = {
  again: new Set(['SourceDown', 'NoResources', 'NoResponse', 'GatewayDown', 'NotOpen']),
  throttled: 'Throttled',
};

const stateForm = z.object({
  Stream: z.string(),
  Data: z.string(),
  Text: z.string().optional(),
});
const messageForm = z.discriminatedUnion('Type', [
  z.object({
    Type: z.literal('Refresh'),
    Domain: z.literal('Login'),
    State: stateForm,
    Elements: z.object({ ServerTime: z.number() }).optional(),
  }),
  z.object({ Type: z.literal('Status'), State: stateForm }),
  z.object({ Type: z.literal('Ping') }),
  z.object({ Type: z.literal('Pong') }),
  z.object({
    Type: z.literal('Ack'),
    AckID: z.number(),
    NakCode: z.string().optional(),
    Text: z.string().optional(),
  }),
  z.object({ Type: z.literal('Error'), Text: z.string().optional() }),
]);
type Message = z.infer<typeof messageForm>;

export const openRefinitivSession: OpenSession = async (options) => {
  const held = await options.tokens.current();
  if (held.kind !== 'TOKEN') throw new Error(`no token: ${held.text}`);
  const socket = new WebSocket(`${options.url.replace(/^http/, 'ws')}${PATH}`, PROTOCOL, {
    handshakeTimeout: options.limits.connectMs,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  try {
    return await loggedIn(socket, held, options);
  } catch (error) {
    socket.on('error', () => undefined);
    socket.terminate();
    throw error;
  }
};

/** Resolves with the first login that the vendor opens. */
function loggedIn(
  socket: WebSocket,
  held: { readonly token: string; readonly refreshInMs: number },
  options: SessionOptions,
): Promise<PriceSession> {
  const { clock, events, limits, signal, tokens } = options;
  const startedAtMs = clock.nowMs();
  const send = (message: object): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
  return new Promise((resolve, reject) => {
    let watch: SessionWatch | undefined;
    let isOver = false;
    const late = setTimeout(() => fail('the login was not answered'), limits.connectMs);
    const onAbort = (): void => fail('stopped');

    function close(): void {
      isOver = true;
      clearTimeout(late);
      watch?.stop();
      signal.removeEventListener('abort', onAbort);
      socket.terminate();
    }

    function fail(problem: string): void {
      if (isOver) return;
      const wasLive = watch !== undefined;
      close();
      if (wasLive) events.onLost(problem);
      else reject(new Error(problem));
    }

    function live(clockSkewMs: number): void {
      // Also the answer to each later login with a new token.
      if (watch !== undefined) return;
      clearTimeout(late);
      watch = watchSession(options, {
        refreshInMs: held.refreshInMs,
        ping: () => send({ Type: 'Ping' }),
        renew: (token) => send(loginOf(token, { isFirst: false })),
        onSilence: fail,
      });
      resolve({ post: (post) => send(postOf(post)), close, clockSkewMs });
    }

    function take(message: Message): void {
      switch (message.Type) {
        case 'Refresh': {
          const { State: state, Elements: elements } = message;
          if (state.Stream !== 'Open') return fail(`login refused: ${state.Text ?? state.Stream}`);
          const midMs = (startedAtMs + clock.nowMs()) / 2;
          return live(elements === undefined ? 0 : elements.ServerTime - midMs);
        }
        case 'Status':
          if (message.State.Stream !== 'Closed') return;
          tokens.drop(held.token);
          return fail(`login closed: ${message.State.Text ?? 'without a reason'}`);
        case 'Ping':
          return send({ Type: 'Pong' });
        case 'Pong':
          return;
        case 'Ack':
          return takeAck(message, options);
        case 'Error':
          return fail(`protocol error: ${message.Text ?? 'without a text'}`);
      }
    }

    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    socket.on('open', () => send(loginOf(held.token, { isFirst: true })));
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('closed by the vendor'));
    socket.on('message', (data) => {
      watch?.heard();
      for (const message of messagesOf(data)) if (!isOver) take(message);
    });
  });
}

function takeAck(
  { AckID, NakCode, Text }: Extract<Message, { readonly Type: 'Ack' }>,
  { events }: SessionOptions,
): void {
  const postId = BigInt(AckID);
  if (NakCode === undefined) events.onAck(postId);
  else events.onNak({ postId, kind: nakKindOf(NakCode, NAKS), code: NakCode, text: Text ?? '' });
}

/** What is none of our business, or no message at all, is left out. */
function messagesOf(data: RawData): readonly Message[] {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data;
  const parsed = parseJson(Buffer.from(bytes as Buffer).toString());
  const list: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return list.flatMap((each) => {
    const read = messageForm.safeParse(each);
    return read.success && (!('AckID' in read.data) || Number.isSafeInteger(read.data.AckID))
      ? [read.data]
      : [];
  });
}

function loginOf(token: string, { isFirst }: { readonly isFirst: boolean }) {
  return {
    ID: LOGIN_STREAM,
    Domain: 'Login',
    Key: {
      NameType: 'AuthnToken',
      Elements: {
        AuthenticationToken: token,
        ApplicationId: APPLICATION_ID,
        Position: POSITION,
      },
    },
    // A renewal wants no answer but a refusal.
    ...(isFirst ? {} : { Refresh: false }),
  };
}

function postOf({ isImage, postId, sequence, update }: Post) {
  const price = (value: bigint) => toNumber(roundTo(value, TICK_PRECISION));
  return {
    ID: LOGIN_STREAM,
    Type: 'Post',
    Domain: 'MarketPrice',
    Ack: true,
    PostID: Number(postId),
    PostUserInfo: { Address: '127.0.0.1', UserID: 1 },
    Key: { Name: ricOf(update.code), Service: SERVICE },
    Message: {
      ID: 0,
      Type: isImage ? 'Refresh' : 'Update',
      Domain: 'MarketPrice',
      Fields: {
        TRDPRC_1: price(update.level),
        BID: update.bid === null ? null : price(update.bid),
        ASK: update.ask === null ? null : price(update.ask),
        SEQNUM: Number(sequence),
        VALUE_TS1: new Date(update.valuedAtMs).toISOString(),
        QUALITY: update.quality,
      },
    },
  };
}
