/**
 * The compiled executor against ApolloGateway, over supergraphs and operations made up at random:
 * the same bytes of data, errors of the same code at the same path.
 *
 * DIFFERENTIAL_OPERATIONS=10000 runs that many; DIFFERENTIAL_SEED repeats a run that failed.
 */

import { randomInt } from 'node:crypto';
import { env } from 'node:process';
import { describe, expect, test } from 'vitest';
import { bothExecutors } from './both-executors.ts';
import { randomMangle } from './mangled-answers.ts';
import { randomOperation } from './random-operation.ts';
import { randomSubgraphSchema } from './random-subgraph.ts';
import { randomSupergraph } from './random-supergraph.ts';
import { choicesOf } from './random-values.ts';

const WANTED = Number(env['DIFFERENTIAL_OPERATIONS'] ?? 200);
const PER_SUPERGRAPH = Math.max(25, Math.min(100, Math.floor(WANTED / 20)));
const GIVEN_SEED = env['DIFFERENTIAL_SEED'];
const SEEDS = GIVEN_SEED === undefined ? [20_261_120, randomInt(2 ** 31)] : [Number(GIVEN_SEED)];
const MS_PER_OPERATION = 600;

describe('the compiled executor answers as ApolloGateway does', () => {
  test.each(SEEDS)(
    'for operations and supergraphs made up from seed %i',
    async (seed) => {
      const found: string[] = [];
      let withErrors = 0;
      let asked = 0;
      while (asked < WANTED / SEEDS.length) {
        const world = seed + asked;
        const choices = choicesOf(world);
        const supergraph = randomSupergraph(choices);
        const both = await bothExecutors({
          supergraphSdl: supergraph.sdl,
          schemas: new Map(
            supergraph.subgraphs.map(({ name, sdl }) => [name, randomSubgraphSchema(sdl, choices)]),
          ),
          mangle: randomMangle(choices, world % 2 === 0 ? 0 : 0.02),
        });
        for (let number = 0; number < PER_SUPERGRAPH; number += 1) {
          const operation = randomOperation(both.schema, choicesOf(world * 1_000 + number));
          const { differences, hasErrors } = await both.compare(operation);
          asked += 1;
          if (hasErrors) withErrors += 1;
          if (differences.length > 0) {
            const { text, variables } = operation;
            found.push(`seed ${world}/${number}: ${text} ${JSON.stringify(variables)}`);
            found.push(...differences);
          }
        }
        await both.stop();
        if (found.length > 20) break;
      }
      process.stdout.write(`${asked} operations of seed ${seed}, ${withErrors} with errors\n`);
      expect(found).toEqual([]);
      expect(withErrors).toBeGreaterThan(0);
      expect(withErrors).toBeLessThan(asked);
    },
    60_000 + WANTED * MS_PER_OPERATION,
  );
});
