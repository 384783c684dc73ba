/**
 * Schema lint: descriptions, names, pages and the federation rules of docs/architecture.md, and
 * what changed since the last release.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  parse,
  type TypeNode,
} from 'graphql';
import { schemaChangeFaults, type SchemaRelease } from './schema-changes.ts';

const ROOT = join(import.meta.dirname, '../..');
const ROOT_TYPES = new Set(['Query', 'Mutation', 'Subscription']);
const PASCAL_CASE = /^[A-Z][A-Za-z0-9]*$/;
const CAMEL_CASE = /^[a-z][A-Za-z0-9]*$/;
const UPPER_SNAKE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

interface Named {
  readonly name: { readonly value: string };
  readonly description?: { readonly value: string } | undefined;
}

/** Faults of one SDL file, one sentence each. */
export function lintSdl(sdl: string): readonly string[] {
  const { definitions } = parse(sdl);
  const fieldsWithArguments = new Set<string>();
  for (const definition of definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const field of definition.fields ?? []) {
      if ((field.arguments ?? []).length > 0) fieldsWithArguments.add(field.name.value);
    }
  }
  return definitions.flatMap((definition) => lintDefinition(definition, fieldsWithArguments));
}

function lintDefinition(node: DefinitionNode, withArguments: ReadonlySet<string>): string[] {
  if (node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION) {
    const type = node.name.value;
    return [
      ...(ROOT_TYPES.has(type) ? [] : lintName(node, type, PASCAL_CASE)),
      ...lintKeys(type, node.directives ?? []),
      ...(node.fields ?? []).flatMap((field) => lintField(type, field, withArguments)),
    ];
  }
  if (node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) {
    return [
      ...lintName(node, node.name.value, PASCAL_CASE),
      ...(node.fields ?? []).flatMap((field) => lintInput(node.name.value, field)),
    ];
  }
  if (node.kind === Kind.ENUM_TYPE_DEFINITION) {
    return [
      ...lintName(node, node.name.value, PASCAL_CASE),
      ...(node.values ?? []).flatMap((value) =>
        lintName(value, `${node.name.value}.${value.name.value}`, UPPER_SNAKE),
      ),
    ];
  }
  const isNamed =
    node.kind === Kind.UNION_TYPE_DEFINITION || node.kind === Kind.SCALAR_TYPE_DEFINITION;
  return isNamed ? lintName(node, node.name.value, PASCAL_CASE) : [];
}

function lintName(node: Named, place: string, form: RegExp): string[] {
  const faults: string[] = [];
  if (!node.description?.value.trim()) faults.push(`${place} has no description`);
  if (!form.test(node.name.value)) faults.push(`${place} is not named like ${form.source}`);
  return faults;
}

function lintField(
  type: string,
  field: FieldDefinitionNode,
  withArguments: ReadonlySet<string>,
): string[] {
  const place = `${type}.${field.name.value}`;
  const faults = lintName(field, place, CAMEL_CASE);
  if (ROOT_TYPES.has(type) && !isGuarded(field)) {
    faults.push(`${place} does not say who may use it`);
  }
  for (const argument of field.arguments ?? []) faults.push(...lintInput(place, argument));
  if (namedType(field.type).endsWith('Connection')) {
    const names = (field.arguments ?? []).map((each) => each.name.value);
    if (!names.includes('first') || !names.includes('after')) {
      faults.push(`${place} returns a connection without first and after`);
    }
  }
  for (const required of fieldsRequiredBy(field)) {
    // Apollo's executor silently answers wrong values there.
    if (withArguments.has(required)) {
      faults.push(`${place} @requires ${required}, which has arguments`);
    }
  }
  return faults;
}

function isGuarded(field: FieldDefinitionNode): boolean {
  const guards = ['requiresScopes', 'authenticated'];
  return (field.directives ?? []).some(({ name }) => guards.includes(name.value));
}

function lintInput(place: string, input: InputValueDefinitionNode): string[] {
  return lintName(input, `${place}(${input.name.value})`, CAMEL_CASE);
}

function lintKeys(type: string, directives: readonly ConstDirectiveNode[]): string[] {
  const keys = directives.filter(({ name }) => name.value === 'key');
  if (keys.length > 1) return [`${type} has ${keys.length} keys; one simple key is the rule`];
  const fields = keys.flatMap((key) => stringArgument(key, 'fields'));
  return fields.filter((each) => /\s|\{/.test(each)).map(() => `${type} has a compound key`);
}

function fieldsRequiredBy(field: FieldDefinitionNode): string[] {
  const requires = (field.directives ?? []).filter(({ name }) => name.value === 'requires');
  return requires
    .flatMap((each) => stringArgument(each, 'fields'))
    .flatMap((fields) => fields.split(/[\s{}(),:]+/).filter((name) => name !== ''));
}

function stringArgument(directive: ConstDirectiveNode, name: string): string[] {
  return (directive.arguments ?? []).flatMap(({ name: found, value }) =>
    found.value === name && value.kind === Kind.STRING ? [value.value] : [],
  );
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

function sdlFiles(): string[] {
  const subgraphs = readdirSync(join(ROOT, 'subgraphs'));
  return [
    join(ROOT, 'schema/shared.graphql'),
    ...subgraphs.map((name) => join(ROOT, 'subgraphs', name, `${name}.graphql`)),
  ].filter((file) => existsSync(file));
}

/** The SDL of the last release, kept here so that a clone without tags can compare. */
function lastRelease(): SchemaRelease & { readonly version: string } {
  const folder = join(ROOT, 'schema/released');
  const byVersion = new Intl.Collator('en', { numeric: true });
  const [file = ''] = readdirSync(folder).sort(byVersion.compare).reverse();
  const text = (path: string) => readFileSync(join(ROOT, 'schema', path), 'utf8');
  return {
    version: file.replace('.graphql', ''),
    released: text(join('released', file)),
    current: text('api.graphql'),
    changelog: text('CHANGELOG.md'),
  };
}

if (process.argv[1] === import.meta.filename) {
  const files = sdlFiles();
  const release = lastRelease();
  const faults = files.flatMap((file) =>
    lintSdl(readFileSync(file, 'utf8')).map((fault) => `${file.slice(ROOT.length + 1)}: ${fault}`),
  );
  for (const fault of await schemaChangeFaults(release)) {
    faults.push(`schema/api.graphql since ${release.version}: ${fault}`);
  }
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.stdout.write(`schema lint: ${files.length} files, ${faults.length} faults\n`);
  process.exitCode = faults.length > 0 || files.length < 2 ? 1 : 0;
}
