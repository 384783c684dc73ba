/**
 * Prices to a Bloomberg-style vendor: a provider session. HTTP names the host and gives a ticket;
 * over TCP, with JSON in frames, it is started with the ticket, registers a service, creates one
 * topic per basket and publishes MarketData events, each with a correlation id that the answer
 * carries. Heartbeats both ways. The shape follows public descriptions of provider sessions; the
 * vendor's own wire format is not public.
 */

import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import { roundTo, toNumber } from '#kernel/decimal';
import { createFrameReader, encodeFrame } from '#platform/json-frames';
import { type Post, TICK_PRECISION } from '../../domain/vendor.ts';
import { authorizedCall } from './authorized-calls.ts';
import { createTopicBook, SERVICE, type TopicBook, topicOf } from './bloomberg-style-topics.ts';
import { bodyOf } from './listing-answers.ts';
import {
  nakKindOf,
  type OpenSession,
  type PriceSession,
  type SessionOptions,
  skewOf,
} from './price-session.ts';
import { beginSession, type SessionLife } from './session-life.ts';
import type { VendorCalls } from './vendor-calls.ts';
import { MAX_MESSAGE_BYTES } from './vendor-limits.ts';

const CODES = {
  again: new Set(['SERVICE_UNAVAILABLE', 'TRY_LATER', 'TOPIC_NOT_READY']),
  throttled: 'THROTTLED',
};

const ticketForm = z.object({
  host: z.string().min(1),
  port: z.number().int().min(1).max(65_535),
  ticket: z.string().min(1),
});
type Ticket = z.infer<typeof ticketForm>;

const postIdForm = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform((text) => BigInt(text));
const messageForm = z.discriminatedUnion('type', [
  z.object({ type: z.literal('SessionStarted'), serverTime: z.number() }),
  z.object({ type: z.literal('SessionTerminated'), reason: z.string() }),
  z.object({ type: z.literal('ServiceRegistered'), service: z.string() }),
  z.object({
    type: z.literal('TopicStatus'),
    topic: z.string(),
    status: z.enum(['CREATED', 'FAILED']),
    code: z.string().optional(),
    text: z.string().optional(),
  }),
  z.object({
    type: z.literal('PermissionEvent'),
    topic: z.string(),
    status: z.enum(['GRANTED', 'DENIED']),
    text: z.string().optional(),
  }),
  z.object({
    type: z.literal('PublishStatus'),
    correlationId: postIdForm,
    status: z.enum(['ACCEPTED', 'REJECTED']),
    code: z.string().optional(),
    text: z.string().optional(),
  }),
  z.object({ type: z.literal('AuthorizationSuccess') }),
  z.object({ type: z.literal('Heartbeat'), isAnswer: z.boolean() }),
]);
type Message = z.infer<typeof messageForm>;

/** `callsTo` asks one endpoint only, once: the connection chooses the endpoint and repeats. */
export function bloombergSessions(callsTo: (url: string) => VendorCalls): OpenSession {
  return async (options) => {
    const calls = callsTo(options.url);
    const held = await options.tokens.current();
    if (held.kind !== 'TOKEN') throw new Error(`no token: ${held.text}`);
    const answer = await authorizedCall(
      { calls, tokens: options.tokens },
      { method: 'POST', path: '/v1/provider-sessions', body: { clientId: options.clientId } },
    );
    const read = bodyOf(answer, ticketForm);
    if (read.kind !== 'BODY') throw new Error(`no session: ${read.text}`);
    return started(read.body, held.refreshInMs, options);
  };
}

/** Resolves when the service is registered. */
function started(
  { host, port, ticket }: Ticket,
  refreshInMs: number,
  options: SessionOptions,
): Promise<PriceSession> {
  const { clock, clientId, events } = options;
  const startedAtMs = clock.nowMs();
  const socket = connect({ host, port, noDelay: true });
  const send = (message: object): void => {
    if (!socket.destroyed) socket.write(encodeFrame(message));
  };
  const life = beginSession(options, () => socket.destroy());
  const topics = createTopicBook({
    create: (topic) => send({ type: 'CreateTopics', service: SERVICE, topics: [topic] }),
    publish: (post) => send(publishOf(post)),
    onNak: events.onNak,
  });
  let clockSkewMs = 0;
  const taking: Taking = {
    life,
    topics,
    events,
    send,
    onStarted: (serverTime) => {
      clockSkewMs = skewOf(serverTime, { startedAtMs, nowMs: clock.nowMs() });
      send({ type: 'RegisterService', service: SERVICE });
    },
    onRegistered: () =>
      life.live({
        post: topics.post,
        clockSkewMs,
        refreshInMs,
        ping: () => send({ type: 'Heartbeat', isAnswer: false }),
        renew: (token) => send({ type: 'Authorization', token }),
      }),
  };
  socket.on('connect', () => send({ type: 'SessionStart', ticket, clientId }));
  listen(socket, life, (message) => take(message, taking));
  return life.opened;
}

interface Taking extends Pick<SessionOptions, 'events'> {
  readonly life: SessionLife;
  readonly topics: TopicBook;
  readonly send: (message: object) => void;
  readonly onStarted: (serverTime: number) => void;
  readonly onRegistered: () => void;
}

function take(message: Message, taking: Taking): void {
  switch (message.type) {
    case 'SessionStarted':
      return taking.onStarted(message.serverTime);
    case 'ServiceRegistered':
      return taking.onRegistered();
    case 'SessionTerminated':
      return taking.life.fail(`session terminated: ${message.reason}`);
    case 'Heartbeat':
      if (!message.isAnswer) taking.send({ type: 'Heartbeat', isAnswer: true });
      return;
    case 'AuthorizationSuccess':
      return;
    case 'TopicStatus':
    case 'PermissionEvent':
    case 'PublishStatus':
      return takeAboutTopic(message, taking);
  }
}

function listen(socket: Socket, life: SessionLife, onMessage: (message: Message) => void): void {
  const reader = createFrameReader(MAX_MESSAGE_BYTES, (message) => {
    const read = messageForm.safeParse(message);
    life.heard();
    if (read.success && !life.isOver) onMessage(read.data);
  });
  socket.on('error', (error) => life.fail(error.message));
  socket.on('close', () => life.fail('closed by the vendor'));
  socket.on('data', (chunk) => {
    try {
      reader.push(Buffer.from(chunk));
    } catch (error) {
      life.fail(error instanceof Error ? error.message : 'unreadable frame');
    }
  });
}

type AboutTopic = Extract<
  Message,
  { readonly type: 'TopicStatus' | 'PermissionEvent' | 'PublishStatus' }
>;

function takeAboutTopic(message: AboutTopic, { topics, events }: Taking): void {
  switch (message.type) {
    case 'TopicStatus': {
      const { code = 'TOPIC_FAILED', text = '' } = message;
      if (message.status === 'CREATED') topics.created(message.topic);
      else topics.failed(message.topic, { code, text, kind: nakKindOf(code, CODES) });
      return;
    }
    case 'PermissionEvent':
      if (message.status === 'GRANTED') topics.granted(message.topic);
      else topics.denied(message.topic, message.text ?? '');
      return;
    case 'PublishStatus': {
      const { code = 'UNSPECIFIED', correlationId: postId, text = '' } = message;
      if (message.status === 'ACCEPTED') events.onAck(postId);
      else events.onNak({ postId, kind: nakKindOf(code, CODES), code, text });
    }
  }
}

function publishOf({ isImage, postId, sequence, update }: Post) {
  const price = (value: bigint) => toNumber(roundTo(value, TICK_PRECISION));
  return {
    type: 'Publish',
    service: SERVICE,
    correlationId: String(postId),
    eventType: 'MarketData',
    topic: topicOf(update.code),
    isImage,
    sequence: String(sequence),
    fields: {
      LAST_PRICE: price(update.level),
      BID: update.bid === null ? null : price(update.bid),
      ASK: update.ask === null ? null : price(update.ask),
      LAST_TRADE_TIME: new Date(update.valuedAtMs).toISOString(),
      QUALITY: update.quality,
    },
  };
}
