/** Seconds from `npm start` to ready, on an empty folder and again; against bare Postgres. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../db/embedded/launcher.ts';
import { costFigure, type Figure, median } from '../report.ts';
import { startPlatformProcess } from '../../test/support/platform-process.ts';

const RUNS = 3;
const TARGET = '< 15 s';

export async function run(): Promise<readonly Figure[]> {
  const first: number[] = [];
  const second: number[] = [];
  const bareFirst: number[] = [];
  const bareSecond: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
    try {
      first.push(await secondsToReady(join(folder, 'platform')));
      second.push(await secondsToReady(join(folder, 'platform')));
      bareFirst.push(await secondsToPostgres(join(folder, 'bare')));
      bareSecond.push(await secondsToPostgres(join(folder, 'bare')));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return [
    costFigure(
      { what: 'npm start to ready, empty folder', value: median(first), unit: 's', target: TARGET },
      { what: 'embedded Postgres alone, empty folder', value: median(bareFirst) },
    ),
    costFigure(
      { what: 'npm start to ready, second time', value: median(second), unit: 's', target: TARGET },
      { what: 'embedded Postgres alone, second time', value: median(bareSecond) },
    ),
  ];
}

async function secondsToReady(dataDir: string): Promise<number> {
  const platform = await startPlatformProcess({ dataDir });
  await platform.stop();
  return platform.readyAfterMs / 1_000;
}

async function secondsToPostgres(dataDir: string): Promise<number> {
  const startedAt = performance.now();
  const server = await startEmbeddedPostgres({ dataDir });
  const seconds = (performance.now() - startedAt) / 1_000;
  await server.stop();
  return seconds;
}
