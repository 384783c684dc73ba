/** Where the fetches of a plan stand: which may share a call, and which write into others' data. */

import type { FetchNode, PlanNode } from '@apollo/query-planner';
import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'graphql';
import type { ResponsePath } from './response-path.ts';

export interface FetchPlace {
  readonly fetch: FetchNode;
  readonly document: DocumentNode;
  readonly path: ResponsePath;
  readonly shareKey: string | undefined;
  readonly isWrittenLater: boolean;
}

interface Draft {
  readonly fetch: FetchNode;
  readonly document: DocumentNode;
  readonly path: ResponsePath;
  /** The turns taken from the root of the plan. */
  readonly turns: readonly Turn[];
  /** Keys that the answer holds at its top; undefined when that is not known. */
  readonly keys: ReadonlySet<string> | undefined;
}

interface Turn {
  readonly isSequence: boolean;
  readonly index: number;
}

/** `sharing`: fetches of entities may share calls even with other runs of the same plan. */
export function placesOfFetches(
  plan: PlanNode,
  { isSharedByRuns }: { readonly isSharedByRuns: boolean },
): ReadonlyMap<FetchNode, FetchPlace> {
  const drafts = draftsOf(plan, [], []);
  const byKey = new Map<string, number>();
  for (const { fetch } of drafts) {
    const key = shareKeyOf(fetch);
    if (key !== undefined) byKey.set(key, (byKey.get(key) ?? 0) + 1);
  }
  return new Map(
    drafts.map((draft) => {
      const { fetch, document, path } = draft;
      const key = shareKeyOf(fetch);
      const isShared = key !== undefined && (isSharedByRuns || (byKey.get(key) ?? 0) > 1);
      const isWrittenLater = drafts.some((other) => writesLaterInto(draft, other));
      const shareKey = isShared ? key : undefined;
      return [fetch, { fetch, document, path, shareKey, isWrittenLater }];
    }),
  );
}

function draftsOf(node: PlanNode, path: ResponsePath, turns: readonly Turn[]): readonly Draft[] {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel': {
      const isSequence = node.kind === 'Sequence';
      return node.nodes.flatMap((each, index) =>
        draftsOf(each, path, [...turns, { isSequence, index }]),
      );
    }
    case 'Flatten':
      return draftsOf(node.node, [...path, ...node.path], turns);
    case 'Condition':
      return [node.ifClause, node.elseClause].flatMap((each) =>
        each ? draftsOf(each, path, turns) : [],
      );
    case 'Fetch': {
      const document = parse(node.operation, { noLocation: true });
      return [{ fetch: node, document, path, turns, keys: keysOf(document) }];
    }
    case 'Defer':
      return [];
  }
}

/** Fetches with rewrites keep to themselves: what they send or receive is changed in place. */
function shareKeyOf(fetch: FetchNode): string | undefined {
  const { requires, inputRewrites, outputRewrites, operation, operationName = '' } = fetch;
  if (!requires || inputRewrites?.length || outputRewrites?.length) return undefined;
  const nameless = operationName === '' ? operation : operation.replace(operationName, '');
  return `${fetch.serviceName} ${nameless}`;
}

function writesLaterInto(draft: Draft, other: Draft): boolean {
  if (other === draft || isEarlier(other, draft)) return false;
  const shorter = Math.min(draft.path.length, other.path.length);
  for (let index = 0; index < shorter; index += 1) {
    if (draft.path[index] !== other.path[index]) return false;
  }
  if (other.path.length > draft.path.length) return holds(draft, other.path[shorter]);
  if (other.path.length < draft.path.length) return holds(other, draft.path[shorter]);
  return !draft.keys || !other.keys || [...other.keys].some((key) => draft.keys?.has(key));
}

function holds({ keys }: Draft, step: string | number | undefined): boolean {
  return !keys || typeof step !== 'string' || step === '@' || keys.has(step);
}

function isEarlier(one: Draft, other: Draft): boolean {
  for (const [depth, turn] of one.turns.entries()) {
    const theirs = other.turns[depth];
    if (!theirs || turn.index === theirs.index) continue;
    return turn.isSequence && turn.index < theirs.index;
  }
  return false;
}

function keysOf({ definitions }: DocumentNode): ReadonlySet<string> | undefined {
  const keys = new Set<string>();
  let isKnown = true;
  for (const definition of definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) add(definition.selectionSet);
  }
  return isKnown ? keys : undefined;

  function add({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) isKnown = false;
      else if (selection.kind === Kind.INLINE_FRAGMENT) add(selection.selectionSet);
      else if (selection.name.value === '_entities' && selection.selectionSet) {
        add(selection.selectionSet);
      } else if (selection.name.value !== '__typename') {
        keys.add(selection.alias?.value ?? selection.name.value);
      }
    }
  }
}
