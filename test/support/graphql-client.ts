/** What a partner's program would do: requests over HTTP and subscriptions over one WebSocket. */

import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';

export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export interface GraphqlAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly GraphqlError[];
}

export interface GraphqlClient {
  /** The whole answer, errors included. */
  request<Data>(query: string, variables?: object): Promise<GraphqlAnswer<Data>>;
  /** The data; throws when there are errors. */
  fetch<Data>(query: string, variables?: object): Promise<Data>;
  subscribe<Data>(query: string, variables?: object): Subscription<Data>;
  close(): Promise<void>;
}

export interface Subscription<Data> {
  /** The next event that satisfies `wanted`; those before it are passed over. */
  next(wanted?: (data: Data) => boolean): Promise<Data>;
  /** Everything received so far. */
  readonly received: readonly Data[];
  stop(): Promise<void>;
}

const NEXT_LIMIT_MS = 15_000;

export function graphqlClient(url: string, token: string | null): GraphqlClient {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== null) headers['authorization'] = `Bearer ${token}`;
  let socket: Client | undefined;
  const openSocket = (): Client =>
    (socket ??= createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      ...(token === null ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
    }));

  const request = async <Data>(query: string, variables: object = {}) => {
    const body = JSON.stringify({ query, variables });
    const response = await globalThis.fetch(url, { method: 'POST', headers, body });
    return (await response.json()) as GraphqlAnswer<Data>;
  };

  return {
    request,
    fetch: async <Data>(query: string, variables?: object) => {
      const { data, errors } = await request<Data>(query, variables);
      if (errors !== undefined || data === undefined || data === null) {
        throw new Error(`unexpected errors: ${JSON.stringify(errors)}`);
      }
      return data;
    },
    subscribe: <Data>(query: string, variables: object = {}) =>
      follow<Data>(openSocket(), query, variables),
    close: async () => {
      await socket?.dispose();
    },
  };
}

function follow<Data>(client: Client, query: string, variables: object): Subscription<Data> {
  const received: Data[] = [];
  const stream = client.iterate<Data>({ query, variables: { ...variables } });
  return {
    received,
    next: async (wanted = () => true) => {
      const until = performance.now() + NEXT_LIMIT_MS;
      for (;;) {
        const result = await before(stream.next(), until - performance.now());
        if (result.done === true) throw new Error('the subscription ended');
        const { data, errors } = result.value;
        if (errors !== undefined) throw new Error(`errors: ${JSON.stringify(errors)}`);
        if (data === undefined || data === null) continue;
        received.push(data);
        if (wanted(data)) return data;
      }
    },
    stop: async () => {
      await stream.return?.();
    },
  };
}

async function before<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no such event in time')), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
