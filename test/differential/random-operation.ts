/** Operations made up at random against what callers see; what is not valid is made up anew. */

import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import type { Choices } from './random-values.ts';

export interface RandomOperation {
  readonly text: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

const EVIL_KEYS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'toJSON'];
const CONDITIONS = ['yes', 'no', 'maybe', 'constructor', '__proto__'];
const MAX_DEPTH = 5;
const MAX_TRIES = 30;

interface Making {
  readonly schema: GraphQLSchema;
  readonly chance: Dice;
  readonly fragments: Map<string, string>;
}

interface Dice {
  readonly share: () => number;
  readonly below: (limit: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
}

export function randomOperation(schema: GraphQLSchema, choices: Choices): RandomOperation {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const made = make(schema, diceOf(choices, attempt));
    if (validate(schema, parse(made.text)).length === 0) return made;
  }
  return { text: '{ __typename }', operationName: undefined, variables: {} };
}

function diceOf(choices: Choices, attempt: number): Dice {
  let throws = 0;
  const next = () => {
    throws += 1;
    return `dice ${attempt} ${throws}`;
  };
  return {
    share: () => choices.share(next()),
    below: (limit) => choices.below(limit, next()),
    pick: (from) => choices.pick(from, next()),
  };
}

function make(schema: GraphQLSchema, chance: Dice): RandomOperation {
  const making: Making = { schema, chance, fragments: new Map() };
  const isMutation = chance.share() < 0.1;
  const root = isMutation ? schema.getMutationType() : schema.getQueryType();
  if (!root) throw new Error('no root type');
  const body = selectionSet(root, 0, making);
  const kind = isMutation ? 'mutation' : 'query';
  const isNamed = chance.share() < 0.7;
  const used = CONDITIONS.filter((name) => `${body}${allOf(making)}`.includes(`$${name})`));
  const definitions = used.map((name) => `$${name}: Boolean! ${name === 'maybe' ? '= true' : ''}`);
  const takes = used.length === 0 ? '' : `(${definitions.join(' ')})`;
  const head = `${kind}${isNamed ? ' Asked' : ''}${takes}`;
  const second = isNamed && chance.share() < 0.3 ? '\nquery Other { __typename }' : '';
  const text = `${head} ${body}${allOf(making)}${second}`;
  return { text, operationName: second ? 'Asked' : undefined, variables: valuesFor(used, chance) };
}

function allOf({ fragments }: Making): string {
  return [...fragments].map(([name, text]) => `\nfragment ${name} ${text}`).join('');
}

function valuesFor(names: readonly string[], chance: Dice): Record<string, unknown> {
  const values = Object.create(null) as Record<string, unknown>;
  for (const name of names) {
    if (name === 'maybe' && chance.share() < 0.5) continue;
    values[name] = name === 'yes' || (name !== 'no' && chance.share() < 0.5);
  }
  return values;
}

function selectionSet(type: GraphQLNamedType, depth: number, making: Making): string {
  const { chance } = making;
  const count = depth === 0 ? 1 + chance.below(4) : 1 + chance.below(5);
  const selections = Array.from({ length: count }, () => selection(type, depth, making));
  if (depth === 0 && chance.share() < 0.05) selections.push(introspection(chance));
  return `{ ${selections.join(' ')} }`;
}

function introspection(chance: Dice): string {
  return chance.pick([
    '__schema { queryType { name } types { name kind } }',
    'what: __type(name: "Book") { name fields { name type { kind } } }',
    '__proto__: __type(name: "Nothing") { name }',
  ]);
}

function selection(type: GraphQLNamedType, depth: number, making: Making): string {
  const { chance } = making;
  const luck = chance.share();
  if (luck < 0.08) return `${chance.pick(['', 't: ', 'constructor: '])}__typename ${when(chance)}`;
  if (luck < 0.28 && depth > 0) return fragment(type, depth, making);
  return field(type, depth, making);
}

function when(chance: Dice): string {
  if (chance.share() < 0.8) return '';
  return `@${chance.pick(['skip', 'include'])}(if: ${chance.pick([
    ...CONDITIONS.map((name) => `$${name}`),
    'true',
    'false',
  ])})`;
}

function fragment(type: GraphQLNamedType, depth: number, making: Making): string {
  const { schema, chance, fragments } = making;
  const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  const wider = isObjectType(type) ? type.getInterfaces() : [];
  const on = chance.pick([type, ...possible, ...wider]);
  const inner = selectionSet(on, depth + 1, making);
  if (chance.share() < 0.2) return `... ${when(chance)} ${selectionSet(type, depth + 1, making)}`;
  if (chance.share() < 0.6) return `... on ${on.name} ${when(chance)} ${inner}`;
  const reused = [...fragments].find(([, text]) => text.startsWith(`on ${on.name} `));
  if (reused && chance.share() < 0.5) return `...${reused[0]} ${when(chance)}`;
  const name = `Part${fragments.size}`;
  fragments.set(name, `on ${on.name} ${inner}`);
  return `...${name} ${when(chance)}`;
}

function field(type: GraphQLNamedType, depth: number, making: Making): string {
  const { chance } = making;
  const fields =
    'getFields' in type && isCompositeType(type) ? Object.values(type.getFields()) : [];
  const usable = fields.filter(
    ({ type: inner }) => depth < MAX_DEPTH || !isCompositeType(getNamedType(inner)),
  );
  if (usable.length === 0) return '__typename';
  const picked = chance.pick(usable);
  const named = getNamedType(picked.type);
  const alias = chance.share() < 0.25 ? `${chance.pick(['a', 'b', ...EVIL_KEYS])}: ` : '';
  const inner = isCompositeType(named) ? selectionSet(named, depth + 1, making) : '';
  return `${alias}${picked.name}${argumentsOf(picked, chance)} ${when(chance)} ${inner}`;
}

function argumentsOf({ args }: GraphQLField<unknown, unknown>, chance: Dice): string {
  const given = args.flatMap(({ name }) => {
    if (chance.share() < 0.5) return [];
    if (name === 'text') return [`text: "say \\"${chance.below(9)}\\""`];
    if (name === 'colors') return ['colors: [RED, BLUE]'];
    if (name === 'color') return ['color: GREEN'];
    return [`${name}: ${chance.below(5)}`];
  });
  return given.length === 0 ? '' : `(${given.join(', ')})`;
}
