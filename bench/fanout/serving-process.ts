/**
 * The servers in a process of their own, each started when it is first asked for: pushes ticks as
 * it is told, and takes the CPU time. A server without clients costs nothing.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { answerParent } from '../child.ts';
import { createPrices } from './prices.ts';
import { serve, type ServerName, type Serving } from './servers.ts';

export interface Pushing {
  readonly server: ServerName;
  readonly forMs: number;
  /** Null: as many as are taken, `atOnce` in each turn of the loop. */
  readonly ticksPerSecond: number | null;
  readonly atOnce: number;
}

export interface Pushed {
  readonly ticks: number;
  readonly seconds: number;
}

const STEP_MS = 2;
const MS_PER_SECOND = 1_000;
const US_PER_SECOND = 1_000_000;

const prices = createPrices();
const servers = new Map<ServerName, Serving>();

type Question = { readonly portOf: ServerName } | { readonly cpuSeconds: true } | Pushing;

answerParent('ready', async (asked) => {
  const question = asked as Question;
  if ('cpuSeconds' in question) return cpuSeconds();
  if ('portOf' in question) return (await serving(question.portOf)).port;
  return pushAll(question);
});

async function serving(name: ServerName): Promise<Serving> {
  const server = servers.get(name) ?? (await serve(name, prices));
  servers.set(name, server);
  return server;
}

async function pushAll(pushing: Pushing): Promise<Pushed> {
  const { server, forMs, ticksPerSecond, atOnce } = pushing;
  const { sendToAll } = await serving(server);
  const push = sendToAll ?? (() => prices.push(1));
  const startedAtMs = performance.now();
  let ticks = 0;
  for (;;) {
    const elapsedMs = performance.now() - startedAtMs;
    if (elapsedMs >= forMs) break;
    const due =
      ticksPerSecond === null
        ? atOnce
        : Math.floor((elapsedMs * ticksPerSecond) / MS_PER_SECOND) - ticks;
    for (let left = due; left > 0; left--) push();
    ticks += Math.max(0, due);
    if (ticksPerSecond === null) await turn();
    else await pause(STEP_MS);
  }
  return { ticks, seconds: (performance.now() - startedAtMs) / MS_PER_SECOND };
}

/** What was pushed is executed and written before the next one. */
async function turn(): Promise<void> {
  for (let count = 0; count < 2; count++) await new Promise((resolve) => setImmediate(resolve));
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / US_PER_SECOND;
}
