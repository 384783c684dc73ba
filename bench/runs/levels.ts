/**
 * Levels of 1,000 baskets of 100 names after one batch of ticks: kept up price by price, against
 * valuing everything from nothing with the same prices. Both must agree, to the last digit.
 */

import { readIndex } from '../../subgraphs/baskets/domain/live-index-reading.ts';
import type { LiveIndex } from '../../subgraphs/baskets/domain/live-index.ts';
import { NOW_MS, openWorld, type World } from '../levels/many-indices.ts';
import { costFigure, type Figure, median } from '../report.ts';

const SIZES = { indices: 1_000, names: 100, universe: 2_000 };
const BATCHES = [200, 2_000];
const ROUNDS = 15;
const WARM_UP = 3;

export function run(): Promise<readonly Figure[]> {
  const world = openWorld(SIZES);
  return Promise.resolve(BATCHES.flatMap((count) => measure(world, count)));
}

function measure(world: World, count: number): readonly Figure[] {
  const incremental: number[] = [];
  const full: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const ticks = world.batch(count);
    world.engine.takeMoved();
    const kept = timed(() => {
      world.engine.accept(ticks);
      return levelsOf(world.engine.takeMoved());
    });
    const rebuilt = timed(() => {
      const differing = world.engine.rebuildAll();
      if (differing.length > 0) throw new Error(`${differing.length} indices differ`);
      return levelsOf(world.engine.takeMoved());
    });
    for (const [code, level] of kept.value) {
      if (rebuilt.value.get(code) !== level) throw new Error(`${code} differs`);
    }
    if (round < WARM_UP) continue;
    incremental.push(kept.ms);
    full.push(rebuilt.ms);
  }
  const reference = { what: 'full rebuild', value: median(full) };
  const what = `1,000 baskets x 100 names, ${count} ticks`;
  return [
    costFigure(
      {
        what: `${what}: incremental`,
        value: median(incremental),
        unit: 'ms',
        target: '< 100, aim 50',
      },
      reference,
    ),
    { what: `${what}: full rebuild`, value: median(full), unit: 'ms', target: '< 500, aim 250' },
  ];
}

function levelsOf(indices: readonly LiveIndex[]): ReadonlyMap<string, bigint> {
  return new Map(
    indices.map((index) => {
      const { code, level } = readIndex(index, NOW_MS);
      if (level === null) throw new Error(`${code} has no level`);
      return [code, level];
    }),
  );
}

function timed<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const start = performance.now();
  const value = work();
  return { value, ms: performance.now() - start };
}
