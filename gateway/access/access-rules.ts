/**
 * The access rules a supergraph states with `@authenticated`, `@requiresScopes` and `@policy`,
 * taken out of its SDL: @apollo/gateway refuses to start on a supergraph that still has them.
 */

import {
  type ASTNode,
  type ConstDirectiveNode,
  type DirectiveNode,
  Kind,
  type NamedTypeNode,
  parse,
  print,
  type TypeNode,
  visit,
} from 'graphql';
import { type AccessRule, accessRuleOf } from '#platform/authorization';

export interface ReadSupergraph {
  /** The SDL without the access directives. */
  readonly sdl: string;
  readonly rules: AccessRules;
}

export interface AccessRules {
  /** All of them have to allow the caller; none: open to everyone. */
  readonly of: (typeName: string, fieldName: string) => readonly AccessRule[];
  readonly isEmpty: boolean;
}

const SPEC = /^https:\/\/specs\.apollo\.dev\/(authenticated|requiresScopes|policy)\//;
/** We hold no policies, so that nobody fulfils one. */
const NOBODY: AccessRule = { scopes: [['(a policy)']] };

export function readSupergraph(supergraphSdl: string): ReadSupergraph {
  const document = parse(supergraphSdl, { noLocation: true });
  const specNames = accessDirectiveNames(document);
  if (specNames.size === 0) {
    return { sdl: supergraphSdl, rules: { of: () => [], isEmpty: true } };
  }
  const table = readTable(document, specNames);
  const isSpecDefinition = (name: string) =>
    specNames.has(name) || [...specNames.keys()].some((each) => name.startsWith(`${each}__`));
  const stripped = visit(document, {
    Directive: (node) =>
      specNames.has(node.name.value) || (node.name.value === 'link' && specOf(node) !== undefined)
        ? null
        : undefined,
    DirectiveDefinition: (node) => (specNames.has(node.name.value) ? null : undefined),
    ScalarTypeDefinition: (node) => (isSpecDefinition(node.name.value) ? null : undefined),
  });
  return { sdl: print(stripped), rules: table };
}

/** The names this supergraph gives the directives, from the `@link`s on its schema. */
function accessDirectiveNames(document: ASTNode): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  visit(document, {
    Directive: (node) => {
      const spec = node.name.value === 'link' ? specOf(node) : undefined;
      if (spec === undefined) return;
      names.set(importedAs(node, spec) ?? textArgument(node, 'as') ?? spec, spec);
    },
  });
  return names;
}

function specOf(link: DirectiveNode): string | undefined {
  return SPEC.exec(textArgument(link, 'url') ?? '')?.[1];
}

/** From `import: [{ name: "@policy", as: "@rule" }]`. */
function importedAs(link: DirectiveNode, spec: string): string | undefined {
  const list = link.arguments?.find(({ name }) => name.value === 'import')?.value;
  if (list?.kind !== Kind.LIST) return undefined;
  for (const item of list.values) {
    if (item.kind === Kind.STRING && item.value === `@${spec}`) return spec;
    if (item.kind !== Kind.OBJECT) continue;
    const field = (wanted: string) => {
      const value = item.fields.find(({ name }) => name.value === wanted)?.value;
      return value?.kind === Kind.STRING ? value.value : undefined;
    };
    if (field('name') === `@${spec}`) return field('as')?.slice(1) ?? spec;
  }
  return undefined;
}

function readTable(document: ASTNode, specNames: ReadonlyMap<string, string>): AccessRules {
  const ofTypes = new Map<string, AccessRule>();
  const ofFields = new Map<string, { rule: AccessRule | undefined; returns: string }>();
  const ruleIn = (directives: readonly ConstDirectiveNode[] = []) =>
    ruleOf(
      directives.map((each) => ({
        ...each,
        name: { ...each.name, value: specNames.get(each.name.value) ?? '' },
      })),
    );
  visit(document, {
    enter: (node) => {
      if (!('name' in node) || !('directives' in node)) return;
      if (!/^(Object|Interface|Enum|Scalar)Type(Definition|Extension)$/.test(node.kind)) return;
      const typeName = node.name?.value ?? '';
      const rule = ruleIn(node.directives as readonly ConstDirectiveNode[]);
      if (rule) ofTypes.set(typeName, rule);
      if (!('fields' in node)) return;
      for (const field of node.fields ?? []) {
        if (field.kind !== Kind.FIELD_DEFINITION) continue;
        const returns = namedType(field.type).name.value;
        const coordinate = `${typeName}.${field.name.value}`;
        ofFields.set(coordinate, { rule: ruleIn(field.directives), returns });
      }
    },
  });
  return {
    isEmpty: ofTypes.size === 0 && [...ofFields.values()].every(({ rule }) => rule === undefined),
    of: (typeName, fieldName) => {
      const field = ofFields.get(`${typeName}.${fieldName}`);
      const candidates = [field?.rule, ofTypes.get(typeName), ofTypes.get(field?.returns ?? '')];
      return candidates.filter((rule) => rule !== undefined);
    },
  };
}

function ruleOf(directives: readonly ConstDirectiveNode[]): AccessRule | undefined {
  return directives.some(({ name }) => name.value === 'policy') ? NOBODY : accessRuleOf(directives);
}

function textArgument(node: DirectiveNode, wanted: string): string | undefined {
  const value = node.arguments?.find(({ name }) => name.value === wanted)?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

function namedType(type: TypeNode): NamedTypeNode {
  return type.kind === Kind.NAMED_TYPE ? type : namedType(type.type);
}
