/** Sessions of the emulated Refinitiv-style vendor: WebSocket JSON after the public protocol. */

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { pathOf } from '#platform/http/http-server';
import { parseJson } from '#platform/http/request-body';
import { MAX_BODY_BYTES } from './emulated-endpoint.ts';
import type { EmulatedTokens } from './emulated-tokens.ts';
import type { FaultBook } from './faults.ts';
import { takePrice } from './take-price.ts';
import type { VendorDesk } from './vendor-desk.ts';

const PATH = '/WebSocket';

const loginForm = z.object({
  ID: z.number(),
  Domain: z.literal('Login'),
  Refresh: z.boolean().optional(),
  Key: z.object({ Elements: z.object({ AuthenticationToken: z.string() }) }),
});
const postForm = z.object({
  ID: z.number(),
  Type: z.literal('Post'),
  PostID: z.number().int(),
  Key: z.object({ Name: z.string() }),
  Message: z.object({
    Type: z.enum(['Update', 'Refresh']),
    Fields: z.looseObject({ SEQNUM: z.number().int() }),
  }),
});
const pingForm = z.object({ Type: z.enum(['Ping', 'Pong']) });

export interface SocketParts {
  readonly name: string;
  readonly desk: VendorDesk;
  readonly tokens: EmulatedTokens;
  readonly faults: FaultBook;
  readonly nowMs: () => number;
}

export function serveSockets(http: Server, parts: SocketParts) {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_BODY_BYTES,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has('tr_json2') ? 'tr_json2' : false),
  });
  let connections = 0;
  let renewals = 0;
  let pongs = 0;
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (parts.faults.isDown || pathOf(request) !== PATH) {
      socket.destroy();
      return;
    }
    server.handleUpgrade(request, socket, head, (opened) => {
      connections += 1;
      serve(opened, {
        ...parts,
        connection: connections,
        onRenewal: () => (renewals += 1),
        onPong: () => (pongs += 1),
      });
    });
  });
  const cut = (): void => {
    for (const socket of server.clients) socket.terminate();
  };
  return {
    cut,
    ping(): void {
      for (const socket of server.clients) socket.send(JSON.stringify([{ Type: 'Ping' }]));
    },
    connections: () => connections,
    /** Logins with a new token on a session that was logged in already. */
    renewals: () => renewals,
    /** Answers to its own pings. */
    pongs: () => pongs,
    stop: async (): Promise<void> => {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Serving extends SocketParts {
  readonly connection: number;
  readonly onRenewal: () => void;
  readonly onPong: () => void;
}

interface Session extends Serving {
  readonly send: (message: object) => void;
  readonly goSilent: () => void;
}

function serve(socket: WebSocket, serving: Serving): void {
  let isSilent = false;
  let isLoggedIn = false;
  let expiry: NodeJS.Timeout | undefined;
  const send = (message: object): void => {
    if (!isSilent && socket.readyState === socket.OPEN) socket.send(JSON.stringify([message]));
  };
  const goSilent = (): void => {
    isSilent = true;
    socket.pause();
  };
  const session: Session = { ...serving, send, goSilent };

  function expireAt(token: string): void {
    clearTimeout(expiry);
    const ms = serving.tokens.endOf(token) - serving.nowMs();
    expiry = setTimeout(() => send(closed('token expired')), ms);
  }

  function login(read: z.infer<typeof loginForm>): void {
    const token = read.Key.Elements.AuthenticationToken;
    const isRenewal = isLoggedIn;
    const fault = isRenewal ? undefined : serving.faults.take('LOGIN');
    if (fault?.kind === 'HANG') return;
    if (fault?.kind === 'HALF_OPEN') return goSilent();
    if (fault?.kind === 'REJECT') return send(closed(fault.code));
    if (!serving.tokens.isValid(token)) return send(closed('token not valid'));
    isLoggedIn = true;
    expireAt(token);
    if (isRenewal) serving.onRenewal();
    if (read.Refresh === false) return;
    setTimeout(() => send(refresh(read.ID, session)), fault?.ms ?? 0).unref();
  }

  function take(message: unknown): void {
    const [asLogin, asPost, asPing] = [loginForm, postForm, pingForm].map((form) =>
      form.safeParse(message),
    ) as [
      z.ZodSafeParseResult<z.infer<typeof loginForm>>,
      z.ZodSafeParseResult<z.infer<typeof postForm>>,
      z.ZodSafeParseResult<z.infer<typeof pingForm>>,
    ];
    if (asLogin.success) login(asLogin.data);
    else if (asPost.success && isLoggedIn) post(asPost.data, session);
    else if (asPing.success) {
      if (asPing.data.Type === 'Ping') send({ Type: 'Pong' });
      else serving.onPong();
    } else send({ Type: 'Error', Text: 'unreadable or untimely message' });
  }

  socket.on('error', () => socket.terminate());
  socket.on('close', () => clearTimeout(expiry));
  socket.on('message', (data: Buffer) => {
    const parsed = parseJson(data.toString());
    const messages: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    for (const message of messages) if (!isSilent) take(message);
  });
}

function post(read: z.infer<typeof postForm>, session: Session): void {
  const { connection, desk, faults, goSilent, name, send } = session;
  const ack = { ID: read.ID, Type: 'Ack', AckID: read.PostID, Key: read.Key };
  takePrice(
    {
      endpoint: name,
      connection,
      code: read.Key.Name.slice(1),
      postId: String(read.PostID),
      sequence: read.Message.Fields.SEQNUM,
      isImage: read.Message.Type === 'Refresh',
      fields: read.Message.Fields,
    },
    {
      desk,
      faults,
      replies: {
        goSilent,
        ack: () => send(ack),
        nak: (why) => send({ ...ack, ...nakOf(why) }),
      },
    },
  );
}

function nakOf(why: 'UNKNOWN' | 'THROTTLED' | { readonly code: string }) {
  if (why === 'UNKNOWN') return { NakCode: 'SymbolUnknown', Text: 'no such RIC is active' };
  if (why === 'THROTTLED') return { NakCode: 'Throttled', Text: 'too fast' };
  return { NakCode: why.code, Text: 'as it was told' };
}

function refresh(id: number, { faults, nowMs }: Session) {
  return {
    ID: id,
    Type: 'Refresh',
    Domain: 'Login',
    State: { Stream: 'Open', Data: 'Ok', Text: 'Login accepted' },
    Elements: { PingTimeout: 30, ServerTime: nowMs() + faults.skewMs },
  };
}

function closed(text: string) {
  return {
    ID: 1,
    Type: 'Status',
    Domain: 'Login',
    State: { Stream: 'Closed', Data: 'Suspect', Code: 'UserAccessToAppDenied', Text: text },
  };
}
