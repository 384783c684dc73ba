/**
 * Holds the schema against the last release: whatever changed for its callers is said in
 * `schema/CHANGELOG.md` under "Unreleased", and what can break them under "Breaking" there.
 *
 * An entry is a list item that starts with a type in backticks, new or removed, or with a type and
 * its members: "- `Basket`: `rules`, `listings(first)`. Why." Descriptions may change without.
 */

import { type Change, CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

export interface SchemaRelease {
  readonly released: string;
  readonly current: string;
  readonly changelog: string;
}

interface Entries {
  readonly all: ReadonlySet<string>;
  readonly breaking: ReadonlySet<string>;
}

/**
 * Words mean nothing to a query, nor does where the SDL uses a directive. A new type comes with the
 * fields and arguments that use it, and these need an entry.
 */
const SILENT = /DESCRIPTION|^DIRECTIVE_USAGE_|^TYPE_ADDED$/;
const ITEM = /^- `([A-Za-z_]\w*)`(?::((?:\s*,?\s*`[^`]+`)+))?/gm;

/** One sentence per fault, in the order of the schema. */
export async function schemaChangeFaults(release: SchemaRelease): Promise<readonly string[]> {
  const found = await diff(buildSchema(release.released), buildSchema(release.current));
  const changes = found.filter(({ type }) => !SILENT.test(type));
  const added = new Set(found.filter(isAddition).map(placeOf));
  const entries = entriesOf(unreleasedPart(release.changelog));
  const faults = changes.flatMap((change) => faultOf(change, entries, added));
  const known = new Set(found.map(placeOf));
  const idle = [...entries.all].filter((entry) => !known.has(entry));
  return [...faults, ...idle.map((entry) => `the changelog names ${entry}, which did not change`)];
}

function faultOf(change: Change, entries: Entries, added: ReadonlySet<string>) {
  const { message, criticality } = change;
  const path = placeOf(change);
  if (criticality.level === CriticalityLevel.Breaking) {
    return entries.breaking.has(path) ? [] : [`breaks callers, not listed as such: ${message}`];
  }
  const isPartOfNew = parentsOf(path).some((parent) => added.has(parent));
  return isPartOfNew || entries.all.has(path) ? [] : [`not in the changelog: ${message} (${path})`];
}

/** A new field of a new type needs no entry of its own. */
function parentsOf(path: string): readonly string[] {
  const names = path.split('.');
  return names.slice(1).map((_name, index) => names.slice(0, index + 1).join('.'));
}

/** Without `.@deprecated`, which stands behind what is deprecated; a union with its member. */
function placeOf({ type, path = '', message }: Change): string {
  const place = path.split('.@')[0] ?? '';
  const [, member = ''] = /'(\w+)'/.exec(message) ?? [];
  return type.startsWith('UNION_MEMBER_') ? `${place}.${member}` : place;
}

function isAddition({ type }: Change): boolean {
  return type === 'TYPE_ADDED' || type === 'FIELD_ADDED';
}

function unreleasedPart(changelog: string): string {
  return changelog.split(/^## Unreleased$/m)[1]?.split(/^## /m)[0] ?? '';
}

function entriesOf(unreleased: string): Entries {
  const all = new Set<string>();
  const breaking = new Set<string>();
  for (const part of unreleased.split(/^### /m)) {
    for (const [, type = '', members] of part.matchAll(ITEM)) {
      for (const path of pathsOf(type, members)) {
        all.add(path);
        if (part.startsWith('Breaking\n')) breaking.add(path);
      }
    }
  }
  return { all, breaking };
}

/** `field(one, two)` stands for the arguments, not for the field. */
function pathsOf(type: string, members: string | undefined): readonly string[] {
  if (members === undefined) return [type];
  return [...members.matchAll(/`([^`]+)`/g)].flatMap(([, member = '']) => {
    const [field = '', list] = member.replace(')', '').split('(');
    if (list === undefined) return [`${type}.${field}`];
    return list.split(',').map((name) => `${type}.${field}.${name.trim()}`);
  });
}
