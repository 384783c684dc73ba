/** A contender as the load generator sees it: asked over HTTP, its CPU read over the channel. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Pool } from 'undici';
import type { Contender } from './contenders.ts';
import type { Operation } from './operations.ts';

export interface Serving {
  readonly name: Contender;
  ask(operation: Operation): Promise<string>;
  /** Asks over and over from all connections; every answer has to be `expected`. */
  load(operation: Operation, wish: { expected: string; forMs: number }): Promise<Sample>;
  stop(): Promise<void>;
}

export interface Sample {
  readonly cpuUsPerRequest: number;
  readonly requestsPerSecond: number;
}

const CONNECTIONS = 10;
const MS_PER_SECOND = 1_000;

export async function serve(name: Contender): Promise<Serving> {
  const child = fork(new URL('./serving-process.ts', import.meta.url), [name], {
    execArgv: ['--import', 'tsx'],
    // graphql-js checks every type with more care otherwise.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const port = await numberFrom(child);
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS });

  async function ask({ body }: Operation): Promise<string> {
    const answer = await pool.request({
      path: '/graphql',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${name}: ${answer.statusCode} ${text}`);
    return text;
  }

  async function cpuUs(): Promise<number> {
    child.send('cpu');
    return numberFrom(child);
  }

  return {
    name,
    ask,
    async load(operation, { expected, forMs }) {
      let requests = 0;
      const cpuUsBefore = await cpuUs();
      const startedAtMs = performance.now();
      const connection = async (): Promise<void> => {
        while (performance.now() - startedAtMs < forMs) {
          if ((await ask(operation)) !== expected) throw new Error(`${name} changed its answer`);
          requests += 1;
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, connection));
      const seconds = (performance.now() - startedAtMs) / MS_PER_SECOND;
      const cpuUsUsed = (await cpuUs()) - cpuUsBefore;
      return { cpuUsPerRequest: cpuUsUsed / requests, requestsPerSecond: requests / seconds };
    },
    async stop() {
      await pool.destroy();
      child.disconnect();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

async function numberFrom(child: ChildProcess): Promise<number> {
  const gone = new AbortController();
  const exited = once(child, 'exit', { signal: gone.signal }).then(([code]) => {
    throw new Error(`a serving process ended with ${String(code)}`);
  });
  exited.catch(() => undefined);
  try {
    const [message] = await Promise.race([once(child, 'message'), exited]);
    if (typeof message !== 'number') throw new TypeError(`expected a number, was ${message}`);
    return message;
  } finally {
    gone.abort();
  }
}
