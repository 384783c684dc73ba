/**
 * Subgraphs that answer what their schema does not allow: nulls, texts for numbers, objects for
 * lists. What happens to a value depends on the entity and the path only, not on who else is asked
 * for in the same call.
 */

import type { GraphqlRequest, GraphqlResult } from '#platform/graphql/executor';
import type { Choices } from './random-values.ts';

export type Mangle = (answered: {
  readonly request: GraphqlRequest;
  readonly answer: GraphqlResult;
}) => GraphqlResult;

export function randomMangle(choices: Choices, share: number): Mangle {
  return ({ request, answer }) => {
    const { data } = answer;
    if (!data) return answer;
    const { representations } = request.variables ?? {};
    const entities: unknown = data['_entities'];
    if (Array.isArray(representations) && Array.isArray(entities)) {
      const mangled = entities.map((entity, index) =>
        changed(entity, JSON.stringify(representations[index]), choices, share),
      );
      return { ...answer, data: { ...data, _entities: mangled } };
    }
    const whole = changed(data, request.query, choices, share);
    return { ...answer, data: whole as Record<string, unknown> };
  };
}

function changed(value: unknown, place: string, choices: Choices, share: number): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => item_(item, `${place} ${index}`, choices, share));
  }
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value)) {
    copy[key] = item_(item, `${place} ${key}`, choices, share);
  }
  return copy;
}

function item_(item: unknown, place: string, choices: Choices, share: number): unknown {
  // Keys and type names stay: planner and executor rely on them in the same way.
  if (choices.share(`mangle ${place}`) >= share) return changed(item, place, choices, share);
  return choices.pick([null, null, 'text', 4.5, true, [], [null], {}, { x: 1 }], `as ${place}`);
}
