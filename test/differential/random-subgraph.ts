/**
 * Answers for made-up subgraphs: values, nulls, errors and values of the wrong kind at random, but
 * always the same for the same entity, field and arguments, whoever asks and however often.
 */

import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  GraphQLError,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
} from 'graphql';
import type { Choices } from './random-values.ts';

const IDS = 6;
const LONGEST_LIST = 4;

interface Parent {
  readonly id?: string;
  readonly [name: string]: unknown;
}

export function randomSubgraphSchema(sdl: string, choices: Choices): GraphQLSchema {
  const schema = buildSubgraphSchema(parse(sdl));
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('_')) continue;
    if (isAbstractType(type)) {
      type.resolveType = (value: Parent) => String(value['__typename']);
    }
    if (!isObjectType(type)) continue;
    Object.assign(type, { resolveReference: referenceResolver(type.name, choices) });
    for (const field of Object.values(type.getFields())) {
      if (field.name.startsWith('_')) continue;
      const { name, type: fieldType } = field;
      field.resolve = (parent: Parent | undefined, args) => {
        if (parent && Object.hasOwn(parent, name)) return parent[name];
        if (name.startsWith('made_')) return `made of ${JSON.stringify(externalsOf(parent))}`;
        const about = `${type.name} ${parent?.id ?? ''}`;
        const place = `${about} ${name} ${JSON.stringify(args)}`;
        return valueOf(fieldType, place, { schema, choices });
      };
    }
  }
  return schema;
}

function referenceResolver(typeName: string, choices: Choices) {
  // Thrown at once, an error would take all entities of the call with it.
  return async (reference: Parent) => {
    const place = `reference ${typeName} ${reference.id ?? ''}`;
    const luck = choices.share(place);
    if (luck < 0.04) return null;
    if (luck < 0.07) throw new Error(`no ${place}`);
    return reference;
  };
}

function externalsOf(parent: Parent | undefined): unknown {
  return Object.entries(parent ?? {}).filter(([name]) => /_\d$/.test(name));
}

interface World {
  readonly schema: GraphQLSchema;
  readonly choices: Choices;
}

function valueOf(type: GraphQLOutputType, place: string, world: World): unknown {
  const { schema, choices } = world;
  const luck = choices.share(`luck ${place}`);
  if (luck < 0.03) throw mishap(place, choices);
  if (isNonNullType(type)) {
    return luck < 0.05 ? null : (valueOf(type.ofType, `${place}!`, world) ?? fallback(type, world));
  }
  if (luck < 0.15) return null;
  if (isListType(type)) {
    const length = choices.below(LONGEST_LIST, `length ${place}`);
    return Array.from({ length }, (_, index) => valueOf(type.ofType, `${place} ${index}`, world));
  }
  if (isAbstractType(type)) {
    const { name } = choices.pick(schema.getPossibleTypes(type), `kind ${place}`);
    return objectOf(name, place, choices);
  }
  if (isObjectType(type)) return objectOf(type.name, place, choices);
  if (isEnumType(type)) {
    return choices.pick(
      type.getValues().map(({ name }) => name),
      place,
    );
  }
  return plainValue(type.name, place, choices);
}

function mishap(place: string, choices: Choices): Error {
  return choices.pick(
    [
      new Error(`a bug at ${place}`),
      new GraphQLError('not for you', { extensions: { code: 'FORBIDDEN' } }),
      new GraphQLError('a code of the composition', { extensions: { code: 'INVALID_GRAPHQL' } }),
    ],
    `mishap ${place}`,
  );
}

function fallback(type: GraphQLOutputType, { choices }: World): unknown {
  return choices.share(String(type)) < 0.5 ? null : undefined;
}

function objectOf(typeName: string, place: string, choices: Choices): Parent {
  const number = choices.below(IDS, `id ${place}`);
  if (typeName === 'Spot') return spotOf(number, choices);
  if (typeName === 'Place') return placeOf(number);
  if (typeName === 'Zone') return { level: number };
  const id = String(number);
  return { __typename: typeName, id, code: `c${id}`, place: placeOf(number) };
}

function spotOf(number: number, choices: Choices): Parent {
  const tag = choices.share(`tag ${number}`) < 0.3 ? null : `t${number}`;
  return { __typename: 'Spot', x: number, y: number / 2, tag, place: placeOf(number) };
}

function placeOf(number: number): Parent {
  return { city: `city ${number}`, zone: number % 3 === 0 ? null : { level: number } };
}

function plainValue(typeName: string, place: string, choices: Choices): unknown {
  const number = choices.below(100, `number ${place}`);
  switch (typeName) {
    case 'Int':
      return number - 50;
    case 'Float':
      return number / 8;
    case 'Boolean':
      return number < 50;
    case 'Anything':
      return choices.pick([{ a: [number, { b: null }] }, [number], number, 'text', true], place);
    default:
      return choices.pick([`text ${number}`, '', '"quotes" and \u2028', String(number)], place);
  }
}
