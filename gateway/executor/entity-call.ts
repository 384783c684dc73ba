/**
 * One `_entities` call in the making: every representation once, whoever asks for it. Several
 * fetches of one plan, or several events, may share a call.
 */

import type { GraphQLFormattedError } from 'graphql';
import { type Fields, isReference } from './own-value.ts';
import { keyOf } from './representations.ts';

export interface EntityCall {
  readonly representations: Fields[];
  /** The place of an equal representation, or a new one. */
  readonly slotOf: (representation: Fields) => number;
}

export function createEntityCall(): EntityCall {
  const representations: Fields[] = [];
  const slots = new Map<string, number>();
  return {
    representations,
    slotOf: (representation) => {
      const key = keyOf(representation);
      const known = slots.get(key);
      if (known !== undefined) return known;
      const slot = representations.push(representation) - 1;
      slots.set(key, slot);
      return slot;
    },
  };
}

export interface EntityAnswer {
  /** By slot; undefined when the subgraph answered no data at all. */
  readonly entities: readonly unknown[] | undefined;
  readonly errors: readonly GraphQLFormattedError[];
  /** The answer is no list of that many entities. */
  readonly problem?: Error;
  /** Slots whose entity was given to someone: the next one gets a copy where that matters. */
  readonly given: Set<number>;
}

/** Throws when `data` is not what was asked for. */
export function readEntities(data: unknown, expected: number): readonly unknown[] | undefined {
  if (!data) return undefined;
  const entities = isReference(data) ? data['_entities'] : undefined;
  if (!Array.isArray(entities)) {
    throw new TypeError('Expected "data._entities" in response to be an array');
  }
  if (entities.length !== expected) {
    throw new TypeError(`Expected "data._entities" to contain ${expected} elements`);
  }
  return entities;
}
