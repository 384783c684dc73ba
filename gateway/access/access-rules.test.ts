import { describe, expect, test } from 'vitest';
import { readSupergraph } from './access-rules.ts';

const supergraph = (links: string, body: string) => `
  schema
    @link(url: "https://specs.apollo.dev/link/v1.0")
    @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
    ${links}
  { query: Query }
  directive @link(url: String, as: String, for: link__Purpose, import: [link__Import])
    repeatable on SCHEMA
  scalar link__Import
  enum link__Purpose { SECURITY EXECUTION }
  ${body}`;

describe('the access rules of a supergraph', () => {
  test('are read from fields and types, and taken out with their definitions', () => {
    const { sdl, rules } = readSupergraph(
      supergraph(
        `@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)
         @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)`,
        `directive @authenticated on FIELD_DEFINITION | OBJECT
         directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION
         scalar requiresScopes__Scope
         type Query { open: Int closed: Int @authenticated book: Book
           scoped: Int @requiresScopes(scopes: [["a", "b"], ["c"]]) }
         type Book @authenticated { name: String }`,
      ),
    );
    expect(rules.of('Query', 'open')).toEqual([]);
    expect(rules.of('Query', 'closed')).toEqual([{ scopes: [] }]);
    expect(rules.of('Query', 'scoped')).toEqual([{ scopes: [['a', 'b'], ['c']] }]);
    // The type's own rule holds for its fields and for fields that return it.
    expect(rules.of('Book', 'name')).toEqual([{ scopes: [] }]);
    expect(rules.of('Query', 'book')).toEqual([{ scopes: [] }]);
    expect(sdl).not.toMatch(/authenticated|requiresScopes/);
    expect(sdl).toContain('join/v0.5');
  });

  test('are found under the names the supergraph gives them', () => {
    const { sdl, rules } = readSupergraph(
      supergraph(
        `@link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "loggedIn", for: SECURITY)
         @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY,
           import: [{ name: "@requiresScopes", as: "@needs" }])`,
        `directive @loggedIn on FIELD_DEFINITION
         directive @needs(scopes: [[String!]!]!) on FIELD_DEFINITION
         type Query { closed: Int @loggedIn scoped: Int @needs(scopes: [["a"]]) }`,
      ),
    );
    expect(rules.of('Query', 'closed')).toEqual([{ scopes: [] }]);
    expect(rules.of('Query', 'scoped')).toEqual([{ scopes: [['a']] }]);
    expect(sdl).not.toMatch(/@loggedIn|@needs/);
  });

  test('deny everybody a field with a policy, since we hold none', () => {
    const { rules } = readSupergraph(
      supergraph(
        '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)',
        `directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION
         type Query { ruled: Int @policy(policies: [["p"]]) }`,
      ),
    );
    expect(rules.of('Query', 'ruled')).toEqual([{ scopes: [['(a policy)']] }]);
  });

  test('are none, and the text untouched, without the directives', () => {
    const text = supergraph('', 'type Query { authenticated: Int }');
    const { sdl, rules } = readSupergraph(text);
    expect(sdl).toBe(text);
    expect(rules.isEmpty).toBe(true);
  });
});
