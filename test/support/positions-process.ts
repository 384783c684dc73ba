/** Starts the positions subgraph as a process, kills it, and has the next one warm meanwhile. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Role } from '#kernel/roles';
import { systemClock } from '#platform/clock';
import { createInternalTokens } from '#platform/identity/internal-tokens';
import { identityOf } from './subgraph-client.ts';

export const FIRE_SECRET = 'only for servers that are there to be killed';
export const REQUEST_LIMIT_MS = 10_000;
export const GROUP_TTL_MS = 600;

const ROOT = join(import.meta.dirname, '../..');

export interface PositionsProcess {
  /** Asks as somebody with the role; throws SendAgain when sending it again may help. */
  ask<Data>(query: string, options?: AskOptions): Promise<Data>;
  readonly pid: number;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface AskOptions {
  readonly variables?: object;
  readonly role?: Role;
  /** The client hangs up when it is aborted. */
  readonly signal?: AbortSignal;
}

/** No answer, or one that says to send the same once more. */
export class SendAgain extends Error {}

export interface PositionsProcesses {
  /** One more on the same database; those before it go on, unless they were killed. */
  start(): Promise<PositionsProcess>;
  /** What all of them said on their error outputs. */
  complaint(): string;
  close(): Promise<void>;
}

export interface ProcessSettings {
  readonly databaseUrl: string;
  /** Left out: the adapters on Postgres and in the process. */
  readonly redisUrl?: string;
}

export function createPositionsProcesses(settings: ProcessSettings): PositionsProcesses {
  const children = new Set<ChildProcess>();
  const complaints: (() => string)[] = [];
  const load = (): Loaded => {
    const loaded = loadChild();
    children.add(loaded.child);
    complaints.push(loaded.complaint);
    loaded.child.once('exit', () => children.delete(loaded.child));
    return loaded;
  };
  let spare = load();
  return {
    async start() {
      const { child, nextLine } = spare;
      let url: string;
      try {
        await nextLine('LOADED');
        child.stdin?.write(`${JSON.stringify(settings)}\n`);
        url = await nextLine('READY');
      } finally {
        spare = load();
      }
      return {
        ask: (query, options = {}) => ask(url, query, options),
        pid: child.pid ?? 0,
        async kill() {
          child.kill('SIGKILL');
          if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        },
      };
    },
    complaint: () => complaints.map((each) => each()).join(''),
    async close() {
      const ends = [...children].map((child) => once(child, 'exit'));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(ends);
    },
  };
}

interface Loaded {
  readonly child: ChildProcess;
  /** The rest of the next line, which must begin with that word. */
  readonly nextLine: (word: string) => Promise<string>;
  readonly complaint: () => string;
}

function loadChild(): Loaded {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, 'positions-server.ts')],
    { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  // Killed while it is written to.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    complaint: () => complaint,
    nextLine: async (word) => {
      const { value = '' } = await lines.next();
      if (value.startsWith(word)) return value.slice(word.length + 1);
      throw new Error(`expected ${word}, was "${value}": ${complaint}`);
    },
  };
}

/** What a client may meet while servers and databases are killed; all else is a defect. */
const WORTH_SENDING_AGAIN = ['UPSTREAM_UNAVAILABLE', 'VERSION_CONFLICT', 'RATE_LIMITED', 'TIMEOUT'];

const tokens = createInternalTokens(FIRE_SECRET, systemClock);

async function ask<Data>(url: string, query: string, options: AskOptions): Promise<Data> {
  const { variables = {}, role = 'operations', signal } = options;
  const token = await tokens.sign({
    identity: identityOf([role]),
    correlationId: 'fire',
    deadlineAtMs: Date.now() + REQUEST_LIMIT_MS,
  });
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
    ...(signal === undefined ? {} : { signal }),
  })
    .then((response) => response.json() as Promise<Answer<Data>>)
    .catch((cause: unknown) => {
      throw new SendAgain('no answer', { cause });
    });
  if (answer.errors === undefined && answer.data) return answer.data;
  const code = String(answer.errors?.[0]?.extensions?.['code']);
  const text = JSON.stringify(answer.errors);
  throw WORTH_SENDING_AGAIN.includes(code) ? new SendAgain(text) : new Error(text);
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly extensions?: Readonly<Record<string, unknown>> }[];
}
