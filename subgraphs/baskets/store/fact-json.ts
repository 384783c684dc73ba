/** How the facts of a basket stand in the event store. */

import { z } from 'zod';
import type { Json } from '#kernel/topics/event-type';
import { UnreadableEvent } from '#kernel/topics/reading';
import type { BasketFact } from '../domain/basket-fact.ts';
import { backtestSchemas, compositionSchemas } from './fact-json-composition.ts';
import { approvalSchemas, listingSchemas, liveSchemas } from './fact-json-market.ts';

/** Written with every fact; a reader of a later version upcasts. */
export const FACT_SCHEMA_VERSION = 2;

/** Who wrote a fact; facts of schema version 1 do not say so themselves. */
export interface FactWriter {
  readonly actor: string;
}

/** One schema per fact reads and writes it. The keys are the types in the event store. */
const SCHEMAS = {
  ...compositionSchemas,
  ...backtestSchemas,
  ...approvalSchemas,
  ...listingSchemas,
  ...liveSchemas,
};

type FactFields<Type extends BasketFact['type']> = Omit<
  Extract<BasketFact, { type: Type }>,
  'type'
>;
/** Compiles only while every fact has its schema, and every schema gives its fact. */
const CODECS: {
  readonly [Type in BasketFact['type']]: z.ZodType<FactFields<Type>>;
} = SCHEMAS;

export function factToJson(fact: BasketFact): Json {
  const { type, ...fields } = fact;
  return z.encode<z.ZodType>(CODECS[type], fields) as Json;
}

/** Throws UnreadableEvent on a row that is none of ours. */
export function factOf(type: string, value: unknown, { actor }: FactWriter): BasketFact {
  if (!isFactType(type)) {
    throw new UnreadableEvent(`expected a fact about a basket, was ${type}`);
  }
  const fields = z.safeDecode<z.ZodType>(CODECS[type], upcast(type, value, actor));
  if (!fields.success) throw new UnreadableEvent(`${type}: ${z.prettifyError(fields.error)}`);
  return { type, ...(fields.data as object) } as BasketFact;
}

function isFactType(type: string): type is BasketFact['type'] {
  return Object.hasOwn(CODECS, type);
}

/** What facts of version 1 left out: then the one who wrote it made it, for everybody, at once. */
function upcast(type: BasketFact['type'], value: unknown, actor: string): unknown {
  if (type !== 'BasketCreated' && type !== 'BasketEdited') return value;
  const terms = { notional: null, launchAtMs: null, delegates: null };
  return { by: { actor, onBehalfOf: null }, ...terms, ...(value as object) };
}
