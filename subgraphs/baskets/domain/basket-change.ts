/** Steps of the two machines, as the tables have them: the one way a state or a status changes. */

import type { Basket, BasketVersion, IndexBase } from './basket.ts';
import { type BasketEvent, type BasketState, transitionsOf } from './transition-table.ts';
import { type VersionEvent, versionStatusAfter } from './version-table.ts';

/** Moves the basket along its row; `to` chooses where a cell has two. */
export function moved(basket: Basket, event: BasketEvent, to?: BasketState): Basket {
  const rows = transitionsOf(basket.state, event);
  const row = to === undefined ? rows[0] : rows.find((each) => each.to === to);
  if (!row) throw new Error(`${event} does not lead from ${basket.state} to ${to ?? 'anywhere'}`);
  if (row.to === 'SAME') return basket;
  if (row.to !== 'PRIOR') return { ...basket, state: row.to };
  const prior = basket.delisting?.priorState;
  if (!prior) throw new Error(`${event} has no state to go back to`);
  return { ...basket, state: prior };
}

export function advanced(basket: Basket, versionNumber: number, event: VersionEvent): Basket {
  return changed(basket, versionNumber, (version) => {
    const status = versionStatusAfter(version.status, event);
    if (status === undefined) throw new Error(`${event} of a version that is ${version.status}`);
    return { ...version, status };
  });
}

/** Advances it where the table has a row, and leaves it where it has none. */
export function advancedIfOpen(
  basket: Basket,
  { number, status }: BasketVersion,
  event: VersionEvent,
): Basket {
  return versionStatusAfter(status, event) === undefined ? basket : advanced(basket, number, event);
}

export function based(basket: Basket, versionNumber: number, base: IndexBase): Basket {
  return changedVersion(basket, versionNumber, { base });
}

/** What may change of a version beside its status. */
export function changedVersion(
  basket: Basket,
  versionNumber: number,
  change: Partial<Pick<BasketVersion, 'base' | 'constituents' | 'weighing'>>,
): Basket {
  return changed(basket, versionNumber, (version) => ({ ...version, ...change }));
}

function changed(
  basket: Basket,
  versionNumber: number,
  change: (version: BasketVersion) => BasketVersion,
): Basket {
  return {
    ...basket,
    versions: basket.versions.map((version) =>
      version.number === versionNumber ? change(version) : version,
    ),
  };
}

/** Each name once, in the order of their first appearance. */
export const union = (...lists: readonly (readonly string[])[]): readonly string[] => [
  ...new Set(lists.flat()),
];
