/** Provider sessions of the emulated Bloomberg-style vendor: JSON in frames over TCP. */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { z } from 'zod';
import { createFrameReader, encodeFrame } from '#platform/json-frames';
import { MAX_BODY_BYTES } from './emulated-endpoint.ts';
import type { EmulatedTokens } from './emulated-tokens.ts';
import type { FaultBook } from './faults.ts';
import { takePrice } from './take-price.ts';
import type { VendorDesk } from './vendor-desk.ts';

const MAX_TICKETS = 1_000;
const TOPIC = /^\/ticker\/(\S+) Index$/;

const messageForm = z.discriminatedUnion('type', [
  z.object({ type: z.literal('SessionStart'), ticket: z.string() }),
  z.object({ type: z.literal('RegisterService'), service: z.string() }),
  z.object({ type: z.literal('CreateTopics'), topics: z.array(z.string()).max(1_000) }),
  z.object({ type: z.literal('Authorization'), token: z.string() }),
  z.object({ type: z.literal('Heartbeat'), isAnswer: z.boolean() }),
  z.object({
    type: z.literal('Publish'),
    correlationId: z.string(),
    topic: z.string(),
    isImage: z.boolean(),
    sequence: z.string().regex(/^\d+$/),
    fields: z.record(z.string(), z.unknown()),
  }),
]);
type Message = z.infer<typeof messageForm>;

export interface SessionServerParts {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly desk: VendorDesk;
  readonly tokens: EmulatedTokens;
  readonly faults: () => FaultBook;
  readonly nowMs: () => number;
}

export type SessionServer = Awaited<ReturnType<typeof startSessionServer>>;

export async function startSessionServer(parts: SessionServerParts) {
  const { faults, host, port } = parts;
  const tickets = new Set<string>();
  const sockets = new Set<Socket>();
  let connections = 0;
  let renewals = 0;
  let pongs = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    if (faults().isDown) {
      socket.destroy();
      return;
    }
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, {
      ...parts,
      tickets,
      connection: connections,
      onRenewal: () => (renewals += 1),
      onPong: () => (pongs += 1),
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: bound,
    /** Good for one session. */
    ticket(): string {
      if (tickets.size >= MAX_TICKETS) tickets.clear();
      const ticket = randomUUID();
      tickets.add(ticket);
      return ticket;
    },
    cut,
    /** Asks every client whether it is there. */
    ping(): void {
      for (const socket of sockets) {
        socket.write(encodeFrame({ type: 'Heartbeat', isAnswer: false }));
      }
    },
    /** Takes the permission for a ticker away, or gives it back. */
    permit(code: string, status: 'GRANTED' | 'DENIED'): void {
      const event = { type: 'PermissionEvent', topic: `/ticker/${code} Index`, status };
      for (const socket of sockets) socket.write(encodeFrame({ ...event, text: 'as it was told' }));
    },
    connections: () => connections,
    /** New tokens that sessions were given. */
    renewals: () => renewals,
    /** Answers to its own heartbeats. */
    pongs: () => pongs,
    async stop() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Serving extends SessionServerParts {
  readonly tickets: Set<string>;
  readonly connection: number;
  readonly onRenewal: () => void;
  readonly onPong: () => void;
}

function serve(socket: Socket, serving: Serving): void {
  const { faults, tickets } = serving;
  let isSilent = false;
  let isStarted = false;
  const send = (message: object): void => {
    if (!isSilent && !socket.destroyed) socket.write(encodeFrame(message));
  };
  const goSilent = (): void => {
    isSilent = true;
    socket.pause();
  };

  function start(ticket: string): void {
    const fault = faults().take('LOGIN');
    if (fault?.kind === 'HANG') return;
    if (fault?.kind === 'HALF_OPEN') return goSilent();
    const isGood = tickets.delete(ticket) && fault?.kind !== 'REJECT';
    if (!isGood) {
      send({ type: 'SessionTerminated', reason: fault?.code ?? 'unknown ticket' });
      return;
    }
    isStarted = true;
    const serverTime = serving.nowMs() + faults().skewMs;
    setTimeout(() => send({ type: 'SessionStarted', serverTime }), fault?.ms ?? 0).unref();
  }

  const reader = createFrameReader(MAX_BODY_BYTES, (frame) => {
    const read = messageForm.safeParse(frame);
    if (!read.success || (!isStarted && read.data.type !== 'SessionStart')) {
      send({ type: 'SessionTerminated', reason: 'unreadable or untimely message' });
      socket.destroySoon();
    } else if (read.data.type === 'SessionStart') start(read.data.ticket);
    else if (!isSilent) answer(read.data, { ...serving, send, goSilent });
  });
  socket.on('data', (chunk) => {
    try {
      reader.push(Buffer.from(chunk));
    } catch {
      socket.destroy();
    }
  });
}

function answer(
  message: Exclude<Message, { readonly type: 'SessionStart' }>,
  session: Serving & {
    readonly send: (message: object) => void;
    readonly goSilent: () => void;
  },
): void {
  const { connection, desk, faults, goSilent, name, send, tokens } = session;
  switch (message.type) {
    case 'RegisterService':
      return send({ type: 'ServiceRegistered', service: message.service });
    case 'Heartbeat':
      if (message.isAnswer) session.onPong();
      else send({ type: 'Heartbeat', isAnswer: true });
      return;
    case 'Authorization':
      if (!tokens.isValid(message.token)) {
        return send({ type: 'SessionTerminated', reason: 'token not valid' });
      }
      session.onRenewal();
      return send({ type: 'AuthorizationSuccess' });
    case 'CreateTopics':
      for (const topic of message.topics) {
        const isListed = desk.inForce(TOPIC.exec(topic)?.[1] ?? '')?.kind === 'LISTED';
        const status = isListed ? 'CREATED' : 'FAILED';
        send({ type: 'TopicStatus', topic, status, ...(isListed ? {} : UNKNOWN_TOPIC) });
      }
      return;
    case 'Publish': {
      const { correlationId, fields, isImage, topic } = message;
      const status = (rest: object) => send({ type: 'PublishStatus', correlationId, ...rest });
      takePrice(
        {
          endpoint: name,
          connection,
          code: TOPIC.exec(topic)?.[1] ?? '',
          postId: correlationId,
          sequence: Number(message.sequence),
          isImage,
          fields,
        },
        {
          desk,
          faults: faults(),
          replies: {
            goSilent,
            ack: () => status({ status: 'ACCEPTED' }),
            nak: (why) => status({ status: 'REJECTED', ...nakOf(why) }),
          },
        },
      );
    }
  }
}

const UNKNOWN_TOPIC = { code: 'UNKNOWN_TOPIC', text: 'no such ticker is listed' };

function nakOf(why: 'UNKNOWN' | 'THROTTLED' | { readonly code: string }) {
  if (why === 'UNKNOWN') return UNKNOWN_TOPIC;
  if (why === 'THROTTLED') return { code: 'THROTTLED', text: 'too fast' };
  return { code: why.code, text: 'as it was told' };
}
