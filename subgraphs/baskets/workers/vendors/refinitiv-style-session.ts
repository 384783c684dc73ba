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
  type SessionEvents,
  type SessionOptions,
  skewOf,
} from './price-session.ts';
import { ricOf } from './refinitiv-style-listing.ts';
import { beginSession, type SessionLife } from './session-life.ts';
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
  const { clock, limits, tokens } = options;
  const held = await tokens.current();
  if (held.kind !== 'TOKEN') throw new Error(`no token: ${held.text}`);
  const startedAtMs = clock.nowMs();
  let token = held.token;
  const socket = new WebSocket(`${options.url.replace(/^http/, 'ws')}${PATH}`, PROTOCOL, {
    handshakeTimeout: limits.connectMs,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  const send = (message: object): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
  socket.on('error', (error) => life.fail(error.message));
  socket.on('close', () => life.fail('closed by the vendor'));
  socket.on('open', () => send(loginOf(token, { isFirst: true })));
  const life = beginSession(options, () => socket.terminate());
  // A login with a new token is answered as well, when it is refused.
  const onLogin = (serverTime: number | undefined): void =>
    life.live({
      post: (post) => send(postOf(post)),
      clockSkewMs: skewOf(serverTime, { startedAtMs, nowMs: clock.nowMs() }),
      refreshInMs: held.refreshInMs,
      ping: () => send({ Type: 'Ping' }),
      renew: (next) => {
        token = next;
        send(loginOf(token, { isFirst: false }));
      },
    });
  const onClosed = (problem: string): void => {
    // Most often it is the token that the vendor does not take.
    tokens.drop(token);
    life.fail(problem);
  };
  socket.on('message', (data) => {
    life.heard();
    for (const message of messagesOf(data)) {
      if (!life.isOver) take(message, { ...options, life, send, onLogin, onClosed });
    }
  });
  return life.opened;
};

interface Taking extends SessionOptions {
  readonly life: SessionLife;
  readonly send: (message: object) => void;
  readonly onLogin: (serverTime: number | undefined) => void;
  readonly onClosed: (problem: string) => void;
}

function take(message: Message, { events, life, onClosed, onLogin, send }: Taking): void {
  switch (message.Type) {
    case 'Refresh': {
      const { Elements: elements, State: state } = message;
      if (state.Stream === 'Open') return onLogin(elements?.ServerTime);
      return onClosed(`login refused: ${state.Text ?? state.Stream}`);
    }
    case 'Status':
      if (message.State.Stream !== 'Closed') return;
      return onClosed(`login closed: ${message.State.Text ?? 'without a reason'}`);
    case 'Ping':
      return send({ Type: 'Pong' });
    case 'Pong':
      return;
    case 'Ack':
      return takeAck(message, events);
    case 'Error':
      return life.fail(`protocol error: ${message.Text ?? 'without a text'}`);
  }
}

function takeAck(
  { AckID, NakCode, Text }: Extract<Message, { readonly Type: 'Ack' }>,
  events: SessionEvents,
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
