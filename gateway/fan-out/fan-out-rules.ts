/**
 * What a supergraph says about sharing its streams, with `@fanOut` on fields of Subscription. Only
 * the owner of a field knows what its arguments mean; without the directive every client has a
 * stream of its own.
 */

import { type DirectiveNode, Kind, type ObjectTypeDefinitionNode, parse } from 'graphql';

export interface FanOutRule {
  readonly field: string;
  /** Present when each event belongs to exactly one of the keys an argument lists. */
  readonly keyedBy?: {
    readonly argument: string;
    /** The owner reads keys in upper case. */
    readonly foldsCase: boolean;
    /** A longer list is left to the owner, who refuses it in its own words. */
    readonly maxKeys: number;
  };
  /** Who comes later starts with the last event, rather than with the next one. */
  readonly startsWithLast: boolean;
  /** The argument that says where to go on; with it the stream is nobody else's. */
  readonly resumedBy: string | undefined;
  /** A slow client may get the newest event of a key in place of older ones. */
  readonly skipsWhenSlow: boolean;
}

export type FanOutRules = ReadonlyMap<string, FanOutRule>;

const DIRECTIVE = 'fanOut';
const SUBSCRIPTION = 'Subscription';
const DEFAULT_MAX_KEYS = 500;

export function readFanOutRules(supergraphSdl: string): FanOutRules {
  const rules = new Map<string, FanOutRule>();
  for (const definition of parse(supergraphSdl, { noLocation: true }).definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    if (definition.name.value === SUBSCRIPTION) addRules(definition, rules);
  }
  return rules;
}

function addRules({ fields = [] }: ObjectTypeDefinitionNode, rules: Map<string, FanOutRule>): void {
  for (const { name, directives } of fields) {
    const directive = directives?.find((each) => each.name.value === DIRECTIVE);
    if (directive) rules.set(name.value, ruleOf(name.value, directive));
  }
}

function ruleOf(field: string, directive: DirectiveNode): FanOutRule {
  const given = new Map<string, string | boolean>();
  for (const { name, value } of directive.arguments ?? []) {
    if (value.kind === Kind.STRING || value.kind === Kind.INT || value.kind === Kind.BOOLEAN) {
      given.set(name.value, value.value);
    }
  }
  const text = (name: string): string | undefined => given.get(name)?.toString();
  const keyedBy = text('keyedBy');
  return {
    field,
    ...(keyedBy === undefined
      ? {}
      : {
          keyedBy: {
            argument: keyedBy,
            foldsCase: given.get('foldsCase') === true,
            maxKeys: Number(text('maxKeys') ?? DEFAULT_MAX_KEYS),
          },
        }),
    startsWithLast: given.get('startsWithLast') === true,
    resumedBy: text('resumedBy'),
    skipsWhenSlow: given.get('skipsWhenSlow') === true,
  };
}
