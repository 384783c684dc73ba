/**
 * Brings fetches together that would ask one subgraph the same thing about different entities: the
 * four lists of a page that all show instruments, or the same list in a hundred events. Whatever
 * asks within one turn of the event loop shares a call.
 */

import type { RequestContext } from '#platform/request-context';
import { createEntityCall, type EntityAnswer, type EntityCall } from './entity-call.ts';

export interface OpenCall {
  readonly call: EntityCall;
  readonly answer: Promise<EntityAnswer>;
}

export type AskEntities = (call: EntityCall) => Promise<Omit<EntityAnswer, 'given'>>;

export interface EntityGathering {
  /** In which a call that is shared is made. */
  readonly contextOf: (context: RequestContext) => RequestContext;
  /** The call for that key which has not been sent yet, or a new one. */
  readonly join: (key: string, ask: AskEntities) => OpenCall;
}

/** A call with so many entities is sent as it is; the next fetch opens another. */
export const MAX_GATHERED_ENTITIES = 1_000;

export function createEntityGathering(scope: 'for one run' | 'for many runs'): EntityGathering {
  const open = new Map<string, OpenCall>();
  return {
    contextOf: scope === 'for one run' ? (context) => context : ownContext,
    join: (key, ask) => {
      const known = open.get(key);
      if (known && known.call.representations.length < MAX_GATHERED_ENTITIES) return known;
      const fresh = openCall(ask, () => {
        if (open.get(key) === fresh) open.delete(key);
      });
      open.set(key, fresh);
      return fresh;
    },
  };
}

/**
 * Loaders belong to a context: those of a new one know nothing that was read before the last event
 * came. None of the runs may abort what the others wait for; the deadline bounds the call.
 */
function ownContext(context: RequestContext): RequestContext {
  return { ...context, signal: new AbortController().signal };
}

/** Sent when everything that is ready to run in this turn has run, and has joined. */
function openCall(ask: AskEntities, onSent: () => void): OpenCall {
  const call = createEntityCall();
  const turn = new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
  const answer = turn.then(async () => {
    onSent();
    const found = call.representations.length === 0 ? NOTHING : await ask(call);
    return { ...found, given: new Set<number>() };
  });
  // Whoever entered something waits for it and hears of its failure.
  answer.catch(() => undefined);
  return { call, answer };
}

const NOTHING = { entities: [], errors: [] };
