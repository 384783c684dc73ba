/**
 * Subgraphs made up at random: entities with simple, compound and nested keys spread over all of
 * them, @requires, @provides, @shareable, interfaces, unions, lists of lists, and nulls allowed or
 * not.
 */

import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import type { Choices } from './random-values.ts';

export interface RandomSupergraph {
  readonly sdl: string;
  readonly subgraphs: readonly { readonly name: string; readonly sdl: string }[];
}

const SUBGRAPHS = ['alpha', 'beta', 'gamma'] as const;
const ENTITIES = ['Book', 'Desk', 'Fund'] as const;
const KEYS = ['id', 'id code', 'id place { city zone { level } }'] as const;
const PLAIN = ['String', 'Int', 'Float', 'Boolean', 'ID', 'Color', 'Anything'] as const;
const EVIL = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'length', 'map'] as const;

type Entity = (typeof ENTITIES)[number];

interface Plan {
  readonly choices: Choices;
  readonly keyOf: (entity: Entity) => string;
  /** `name: Type` of what that subgraph alone says of the entity. */
  readonly ownFields: (entity: Entity, subgraph: string) => readonly (readonly [string, string])[];
}

export function randomSupergraph(choices: Choices): RandomSupergraph {
  const plan = planOf(choices);
  const subgraphs = SUBGRAPHS.map((name) => ({ name, sdl: subgraphSdl(name, plan) }));
  const { supergraphSdl, errors } = composeServices(
    subgraphs.map(({ name, sdl }) => ({ name, url: `http://${name}/`, typeDefs: parse(sdl) })),
  );
  if (supergraphSdl === undefined) {
    throw new Error(errors?.map(({ message }) => message).join('\n'));
  }
  return { sdl: supergraphSdl, subgraphs };
}

function planOf(choices: Choices): Plan {
  return {
    choices,
    keyOf: (entity) => choices.pick(KEYS, `key ${entity}`),
    ownFields: (entity, subgraph) =>
      [0, 1, 2, 3].map((number) => {
        const place = `${entity} ${subgraph} ${number}`;
        const isEvil = choices.share(`evil ${place}`) < 0.1;
        const evil = choices.pick(EVIL, `evil name ${place}`);
        const name = `${isEvil ? evil : 'f'}_${subgraph}_${number}`;
        return [name, typeText(place, choices)] as const;
      }),
  };
}

function typeText(place: string, choices: Choices): string {
  const named = choices.pick(
    [...PLAIN, ...PLAIN, 'Spot', 'Spot', 'Thing', 'Either', ...ENTITIES, ...ENTITIES],
    `type ${place}`,
  );
  const mark = (what: string) => (choices.share(`${what} ${place}`) < 0.3 ? '!' : '');
  const lists = choices.pick([0, 0, 0, 1, 1, 2], `lists ${place}`);
  if (lists === 0) return `${named}${mark('item')}`;
  if (lists === 1) return `[${named}${mark('item')}]${mark('list')}`;
  return `[[${named}${mark('item')}]${mark('inner')}]${mark('list')}`;
}

function subgraphSdl(subgraph: string, plan: Plan): string {
  return [
    `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
      import: ["@key", "@shareable", "@requires", "@provides", "@external"])`,
    'scalar Anything',
    'enum Color { RED GREEN BLUE }',
    'type Zone @shareable { level: Int }',
    'type Place @shareable { city: String zone: Zone }',
    'type Spot @shareable { x: Int y: Float! tag: String place: Place }',
    `interface Thing { id: ID! ${subgraph === 'alpha' ? 'label: String' : ''} }`,
    'union Either = Book | Desk | Spot',
    ...ENTITIES.map((entity) => entitySdl(entity, subgraph, plan)),
    `type Query { ${querySdl(subgraph, plan)} }`,
    `type Mutation { ${subgraph}_set(n: Int = 1, color: Color): Book ${subgraph}_fail: Int! }`,
  ].join('\n');
}

function entitySdl(entity: Entity, subgraph: string, plan: Plan): string {
  const key = plan.keyOf(entity);
  const keyFields = [
    'id: ID!',
    key.includes('code') ? 'code: String' : '',
    key.includes('place') ? 'place: Place' : '',
  ];
  const own = plan.ownFields(entity, subgraph).map(([name, type]) => `${name}: ${type} @shareable`);
  const label = subgraph === 'alpha' ? ['label: String'] : [];
  const shared = plan.choices.share(`shared ${entity}`) < 0.5 ? ['both: Spot @shareable'] : [];
  const fields = [...keyFields, ...own, ...label, ...shared, ...requiring(entity, subgraph, plan)];
  return `type ${entity} implements Thing @key(fields: "${key}") { ${fields.join('\n')} }`;
}

/** Beta computes from what alpha knows, gamma from what beta knows. */
function requiring(entity: Entity, subgraph: string, plan: Plan): readonly string[] {
  const before = SUBGRAPHS[SUBGRAPHS.findIndex((name) => name === subgraph) - 1];
  if (before === undefined) return [];
  const usable = plan
    .ownFields(entity, before)
    .filter(([, type]) => [...PLAIN, 'Spot'].some((name) => type.includes(name)));
  const [first] = usable;
  if (!first || first[1].includes('Anything')) return [];
  const [name, type] = first;
  const inner = type.includes('Spot') ? ' { x tag }' : '';
  return [
    `${name}: ${type} @external`,
    `made_${subgraph}: String @requires(fields: "${name}${inner}")`,
  ];
}

function querySdl(subgraph: string, plan: Plan): string {
  const fields = ENTITIES.flatMap((entity) => [
    `${subgraph}_${entity}(id: ID = 1): ${entity}${providing(entity, subgraph, plan)}`,
    `${subgraph}_${entity}s: ${plan.choices.pick(
      [`[${entity}]`, `[${entity}!]`, `[${entity}!]!`, `[[${entity}]]`, `[[${entity}!]!]`],
      `root list ${subgraph} ${entity}`,
    )}`,
  ]);
  return [
    ...fields,
    `${subgraph}_thing: Thing`,
    `${subgraph}_things: [Thing]`,
    `${subgraph}_either: [Either]`,
    `${subgraph}_spot(x: Int): Spot`,
    `${subgraph}_echo(text: String, n: Int = 3, colors: [Color!]): String`,
  ].join('\n');
}

function providing(entity: Entity, subgraph: string, plan: Plan): string {
  if (requiring(entity, subgraph, plan).length === 0) return '';
  if (plan.choices.share(`provides ${subgraph} ${entity}`) < 0.5) return '';
  const before = SUBGRAPHS[SUBGRAPHS.findIndex((name) => name === subgraph) - 1] ?? '';
  const external = plan
    .ownFields(entity, before)
    .find(([, type]) => PLAIN.some((name) => type.startsWith(name)));
  const required = requiring(entity, subgraph, plan)[0] ?? '';
  return external && required.startsWith(`${external[0]}:`)
    ? ` @provides(fields: "${external[0]}")`
    : '';
}
