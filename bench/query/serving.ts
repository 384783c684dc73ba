/** A contender as the load generator sees it: asked over HTTP, its CPU read over the channel. */

import { Pool } from 'undici';
import { startChild } from '../child.ts';
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
  const child = await startChild(new URL('./serving-process.ts', import.meta.url), [name]);
  const pool = new Pool(`http://127.0.0.1:${Number(child.ready)}`, { connections: CONNECTIONS });

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

  const cpuUs = async () => Number(await child.ask({ what: 'cpu' }));

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
      await child.stop();
    },
  };
}
