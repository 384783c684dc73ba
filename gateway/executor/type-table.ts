/** What a running reply has to know of the schema, by name: quick to ask, and without surprises. */

import { type GraphQLSchema, isAbstractType, isCompositeType, isObjectType } from 'graphql';

export interface TypeTable {
  readonly isComposite: (name: string) => boolean;
  readonly isObject: (name: string) => boolean;
  readonly isKnown: (name: string) => boolean;
  /** True for the type itself, the members of a union and what implements an interface. */
  readonly isSubtype: (name: string, of: string) => boolean;
}

export function createTypeTable(schema: GraphQLSchema): TypeTable {
  return {
    isKnown: (name) => schema.getType(name) !== undefined,
    isComposite: (name) => isCompositeType(schema.getType(name)),
    isObject: (name) => isObjectType(schema.getType(name)),
    isSubtype: (name, of) => {
      if (name === of) return true;
      const type = schema.getType(name);
      const wider = schema.getType(of);
      if (!isAbstractType(wider) || !isCompositeType(type)) return false;
      return 'getFields' in type && schema.isSubType(wider, type);
    },
  };
}
