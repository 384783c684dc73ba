/** How the facts of a basket stand in the event store. */

import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, quantity, weight } from '#kernel/money';
import type { Json } from '#kernel/topics/event-type';
import {
  integer,
  oneOf,
  parsed,
  type Payload,
  payload,
  text,
  UnreadableEvent,
} from '#kernel/topics/reading';
import type { BasketFact, IndexBase } from '../domain/basket.ts';
import { type Constituent, WEIGHTINGS } from '../domain/composition.ts';
import { divisor, level } from '../domain/index-level.ts';

/** Written with every fact; a reader of a later version upcasts. */
export const FACT_SCHEMA_VERSION = 1;

type VersionContent = Extract<BasketFact, { type: 'BasketEdited' }>['version'];

export function factToJson(fact: BasketFact): Json {
  switch (fact.type) {
    case 'BasketCreated': {
      const { type: _type, baseLevel, version, ...rest } = fact;
      return { ...rest, baseLevel: formatDecimal(baseLevel), version: versionToJson(version) };
    }
    case 'BasketEdited':
      return { name: fact.name, version: versionToJson(fact.version) };
    case 'BasketCancelled':
      return {};
    case 'IndexBased':
      return { versionNumber: fact.versionNumber, base: baseToJson(fact.base) };
  }
}

/** Throws UnreadableEvent on a row that is none of ours. */
export function factOf(type: string, value: unknown): BasketFact {
  const from = payload(value);
  switch (type) {
    case 'BasketCreated':
      return {
        type,
        basketId: text(from, 'basketId'),
        code: text(from, 'code'),
        name: text(from, 'name'),
        currency: parsed(from, 'currency', currencyCode),
        baseLevel: parsed(from, 'baseLevel', decimal),
        version: versionOf(payload(from['version'])),
      };
    case 'BasketEdited':
      return { type, name: text(from, 'name'), version: versionOf(payload(from['version'])) };
    case 'BasketCancelled':
      return { type };
    case 'IndexBased':
      return {
        type,
        versionNumber: integer(from, 'versionNumber'),
        base: baseOf(payload(from['base'])),
      };
    default:
      throw new UnreadableEvent(`expected a fact about a basket, was ${type}`);
  }
}

function versionToJson({ number, weighting, hash, constituents }: VersionContent): Json {
  return {
    number,
    weighting,
    hash,
    constituents: constituents.map((each) => ({ ...each, weight: formatDecimal(each.weight) })),
  };
}

function versionOf(from: Payload): VersionContent {
  return {
    number: integer(from, 'number'),
    weighting: oneOf(from, 'weighting', WEIGHTINGS),
    hash: text(from, 'hash'),
    constituents: list(from, 'constituents').map((each) => constituentOf(payload(each))),
  };
}

function constituentOf(from: Payload): Constituent {
  return {
    symbol: text(from, 'symbol'),
    instrumentId: text(from, 'instrumentId'),
    currency: parsed(from, 'currency', currencyCode),
    weight: weight(parsed(from, 'weight', decimal)),
  };
}

function baseToJson(base: IndexBase): Json {
  return {
    units: base.units.map(formatDecimal),
    divisor: String(base.divisor),
    level: formatDecimal(base.level),
    basedAtMs: base.basedAtMs,
  };
}

function baseOf(from: Payload): IndexBase {
  return {
    units: list(from, 'units').map((each) => quantity(decimal(String(each)))),
    divisor: divisor(parsed(from, 'divisor', BigInt)),
    level: level(parsed(from, 'level', decimal)),
    basedAtMs: integer(from, 'basedAtMs'),
  };
}

function list(from: Payload, field: string): readonly unknown[] {
  const value = from[field];
  if (Array.isArray(value)) return value;
  throw new UnreadableEvent(`${field}: expected a list`);
}
