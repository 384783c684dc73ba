// The diagrams in the README are drawn by hand: they and the tables must say the same.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BASKET_STATES, type TransitionRow, TRANSITIONS } from './transition-table.ts';
import { VERSION_STATUSES, VERSION_TRANSITIONS } from './version-table.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** Arrows with a name, and the states without a way out. */
function diagram(number: number) {
  const text = [...readme.matchAll(/```mermaid\nstateDiagram-v2\n([^`]*)```/g)][number]?.[1] ?? '';
  const lines = text.trim().split('\n');
  const arrows = lines.map((line) => line.trim()).filter((line) => line.includes(':'));
  const ends = lines.flatMap((line) => /^ *(\w+) --> \[\*\]$/.exec(line)?.[1] ?? []);
  return { arrows: arrows.toSorted(), ends: ends.toSorted() };
}

const arrow = (from: string, to: string, event: string) => `${from} --> ${to}: ${event}`;
/** Where a removal that is called off may lead back to. */
const PRIOR_STATES = ['ACTIVE', 'SUSPENDED'];

describe('BK-2 the diagrams of the README', () => {
  test('the life of a basket is that of the table, arrow by arrow', () => {
    const rows: readonly TransitionRow[] = TRANSITIONS;
    const arrows = rows.flatMap(({ from, event, to }) =>
      (from.length === 0 ? ['[*]'] : from).flatMap((state) => {
        if (to === 'PRIOR') return PRIOR_STATES.map((prior) => arrow(state, prior, event));
        return arrow(state, to === 'SAME' ? state : to, event);
      }),
    );
    expect(diagram(0).arrows).toEqual(arrows.toSorted());
    const final = BASKET_STATES.filter((state) => !rows.some(({ from }) => from.includes(state)));
    expect(diagram(0).ends).toEqual(final.toSorted());
  });

  test('the life of a version is that of its table', () => {
    const arrows = VERSION_TRANSITIONS.flatMap(({ from, event, to }) =>
      (from.length === 0 ? ['[*]'] : from).map((status) => arrow(status, to, event)),
    );
    expect(diagram(1).arrows).toEqual(arrows.toSorted());
    const drawn = new Set(diagram(1).arrows.flatMap((line) => line.split(/ --> |: /).slice(0, 2)));
    expect([...drawn].toSorted()).toEqual(['[*]', ...VERSION_STATUSES].toSorted());
  });
});
