/** A contender as the load generator sees it: asked over HTTP, its CPU read over the channel. */

import { Pool } from 'undici';
import { startChild } from '../child.ts';
import { type Contender, SEPARATE, type Separate } from './contenders.ts';
import type { Operation } from './operations.ts';

export interface Serving {
  readonly name: Contender | Separate;
  ask(operation: Operation): Promise<string>;
  /** Asks over and over from all connections; every answer has to be `expected`. */
  load(operation: Operation, wish: Wish): Promise<Sample>;
  stop(): Promise<void>;
}

export interface Wish {
  readonly expected: string;
  readonly forMs: number;
  /** Goes on until so many were asked, however long that takes. */
  readonly atLeast?: number;
}

export interface Sample {
  readonly cpuUsPerRequest: number;
  readonly requestsPerSecond: number;
}

const SERVING = new URL('./serving-process.ts', import.meta.url);
const SUBGRAPHS = new URL('./subgraphs-process.ts', import.meta.url);
const CONNECTIONS = 10;
const MS_PER_SECOND = 1_000;

/** The subgraphs of some are in another process; its CPU counts too. */
export async function serve(name: Contender | Separate): Promise<Serving> {
  const kind = name in SEPARATE ? SEPARATE[name as Separate] : undefined;
  const behind = kind && (await startChild(SUBGRAPHS, [kind]));
  const child = await startChild(SERVING, [name, JSON.stringify(behind?.ready ?? {})]);
  const children = behind ? [child, behind] : [child];
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

  const cpuUs = async () => {
    const used = await Promise.all(children.map((each) => each.ask({ what: 'cpu' })));
    return used.reduce<number>((sum, each) => sum + Number(each), 0);
  };

  return {
    name,
    ask,
    async load(operation, { expected, forMs, atLeast = 0 }) {
      let requests = 0;
      const cpuUsBefore = await cpuUs();
      const startedAtMs = performance.now();
      const connection = async (): Promise<void> => {
        while (performance.now() - startedAtMs < forMs || requests < atLeast) {
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
      for (const each of children) await each.stop();
    },
  };
}
