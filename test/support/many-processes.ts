/**
 * The platform as production runs it: each subgraph and each gateway a process of its own, each
 * address a balancer, so that the next process is there before the one it replaces goes.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SubgraphName } from '#platform/subgraph';
import { type Balancer, startBalancer } from './balancer.ts';

const ROOT = join(import.meta.dirname, '../..');
const READY_LIMIT_MS = 120_000;
/** Several looks of a balancer. */
const STOP_DELAY_MS = 1_500;
const GATEWAYS = 2;
export const PROCESS_SUBGRAPHS: readonly SubgraphName[] = [
  'market-data',
  'positions',
  'orders',
  'baskets',
  'risk',
];

type Unit = SubgraphName | 'gateway';
type Environment = Readonly<Record<string, string>>;

interface Process {
  readonly port: number;
  /** SIGTERM; the exit code. */
  readonly stop: () => Promise<number | null>;
}

export interface ManyProcesses {
  /** Of GraphQL, in front of the gateways. */
  readonly url: string;
  readonly environment: Environment;
  /** The next process takes over, then the old one stops. Answers with the exit codes. */
  readonly roll: (unit: Unit) => Promise<readonly (number | null)[]>;
  readonly close: () => Promise<void>;
}

export async function startManyProcesses(servers: Environment): Promise<ManyProcesses> {
  const dataDir = mkdtempSync(join(tmpdir(), 'plumbline-many-'));
  const environment: Environment = {
    DATA_DIR: dataDir,
    PORT: '0',
    FEED: 'none',
    SAMPLE_DATA: 'none',
    VENDORS: 'none',
    INTERNAL_TOKEN_SECRET: 'only for processes that live as long as a test',
    STOP_DELAY_MS: String(STOP_DELAY_MS),
    // A request that fails is to say so because of a restart, not because the machine is busy.
    REQUEST_TIMEOUT_MS: '60000',
    ...servers,
  };
  const balancers = new Map<Unit, Balancer>();
  const running = new Map<Unit, Process[]>();
  for (const unit of [...PROCESS_SUBGRAPHS, 'gateway'] as const) {
    balancers.set(unit, await startBalancer());
    running.set(unit, []);
  }
  const urls = Object.fromEntries(
    PROCESS_SUBGRAPHS.map((name) => [
      `SUBGRAPH_${name.replace('-', '_').toUpperCase()}_URL`,
      balancers.get(name)?.url ?? '',
    ]),
  );

  async function add(unit: Unit): Promise<void> {
    const started =
      unit === 'gateway'
        ? await startProcess(['cli/start.ts'], { ...environment, ...urls })
        : await startProcess(['cli/subgraph.ts', unit], environment);
    running.get(unit)?.push(started);
    balancers.get(unit)?.add(started.port);
  }

  await Promise.all(PROCESS_SUBGRAPHS.map(add));
  await Promise.all(Array.from({ length: GATEWAYS }, () => add('gateway')));
  return {
    url: balancers.get('gateway')?.url ?? '',
    environment,
    roll: async (unit) => {
      const codes: (number | null)[] = [];
      for (const old of running.get(unit)?.splice(0) ?? []) {
        await add(unit);
        codes.push(await old.stop());
        balancers.get(unit)?.remove(old.port);
      }
      return codes;
    },
    close: async () => {
      const all = [...running.values()].flat();
      await Promise.all(all.map(({ stop }) => stop()));
      await Promise.all([...balancers.values()].map((balancer) => balancer.close()));
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Ready when it says so, with its address. */
async function startProcess(command: readonly string[], variables: Environment): Promise<Process> {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', ...command], {
    cwd: ROOT,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const exited = once(child, 'exit');
  const port = await new Promise<number>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${command.join(' ')} ${why}: ${said}`));
    const timer = setTimeout(() => fail('is not ready'), READY_LIMIT_MS);
    const read = (text: Buffer): void => {
      said += text.toString();
      const [, found] = /\bready\b[^]*?http:\/\/127\.0\.0\.1:(\d+)\/graphql/.exec(said) ?? [];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(Number(found));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => fail('gave up'));
  });
  return {
    port,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
