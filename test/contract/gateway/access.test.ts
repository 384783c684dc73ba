import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway-options.ts';
import { type Answer, ask, type Asking } from './ask.ts';
import { createSmallPlatform, MODES, startSmallGateway } from './small-platform.ts';

describe.each(MODES)('subgraphs %s', (mode) => {
  const platform = createSmallPlatform(mode);
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startSmallGateway(platform);
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    platform.calls.length = 0;
  });

  const run = (query: string, asking?: Asking) => ask(gateway.url, query, asking);
  const codes = ({ errors = [] }: Answer) =>
    errors.map(({ path, extensions }) => `${String(extensions['code'])} ${path?.join('.') ?? ''}`);

  describe('GW-3 roles and scopes stated in the schema', () => {
    test('an allowed caller sees the field, and no error', async () => {
      const query = '{ instrument(symbol: "AAPL") { symbol cost margin book { name } } }';
      const answer = await run(query, { as: 'trader' });
      expect(answer).toMatchObject({
        status: 200,
        data: { instrument: { symbol: 'AAPL', cost: 12, margin: 0.5, book: { name: 'main' } } },
      });
      expect(answer.errors).toBeUndefined();
    });

    test('without a token a field with scopes is null, the others are there', async () => {
      const answer = await run('{ motto instrument(symbol: "AAPL") { symbol } }');
      expect(answer.status).toBe(200);
      expect(answer.data).toEqual({ motto: 'true to the line', instrument: null });
      expect(codes(answer)).toEqual(['UNAUTHENTICATED instrument']);
      expect(platform.calls).toEqual([]);
    });

    test('a caller without the scope gets FORBIDDEN, and the field is never fetched', async () => {
      const answer = await run('{ instrument(symbol: "AAPL") { symbol cost } }', { as: 'viewer' });
      expect(answer.data).toEqual({ instrument: { symbol: 'AAPL', cost: null } });
      expect(codes(answer)).toEqual(['FORBIDDEN instrument.cost']);
      expect(answer.errors?.[0]?.extensions).toMatchObject({ field: 'Instrument.cost' });
      expect(platform.calls).toEqual(['instrument AAPL']);
    });

    test('the same query by two roles never shares a plan, in either order', async () => {
      const query = '{ instruments { symbol cost } }';
      const asked = ['viewer', 'trader', 'viewer', 'trader'];
      const answers = [];
      for (const as of asked) answers.push(await run(query, { as }));
      expect(answers.map(({ data }) => JSON.stringify(data).includes('12'))).toEqual([
        false,
        true,
        false,
        true,
      ]);
      const other = '{ instruments { cost symbol } }';
      expect(JSON.stringify((await run(other, { as: 'trader' })).data)).toContain('12');
      expect(JSON.stringify((await run(other, { as: 'viewer' })).data)).not.toContain('12');
    });

    test('null goes up from a denied non-null field, as far as the schema says', async () => {
      const query = '{ instrument(symbol: "AAPL") { symbol margin } motto }';
      const one = await run(query, { as: 'viewer' });
      expect(one.data).toEqual({ instrument: null, motto: 'true to the line' });
      expect(codes(one)).toEqual(['FORBIDDEN instrument.margin']);
      const all = await run('{ instruments { margin } motto }', { as: 'viewer' });
      expect(all.data).toBeNull();
      expect(codes(all)).toEqual(['FORBIDDEN instruments.0.margin']);
      const root = await run('{ instruments { symbol } }');
      expect(root.data).toBeNull();
      expect(codes(root)).toEqual(['UNAUTHENTICATED instruments']);
    });

    test('a denied field of a list is said once, not once for each item', async () => {
      const answer = await run('{ instruments { symbol cost } }', { as: 'viewer' });
      expect(answer.data).toEqual({
        instruments: [
          { symbol: 'AAPL', cost: null },
          { symbol: 'MSFT', cost: null },
        ],
      });
      expect(codes(answer)).toEqual(['FORBIDDEN instruments.0.cost']);
    });

    test('aliases, fragments, inline fragments and repeated fields hide nothing', async () => {
      const answer = await run(
        `query Q($symbol: String!, $unused: Boolean = true) {
          first: instrument(symbol: $symbol) { ...Parts  free: cost }
          second: instrument(symbol: $symbol) { ... on Instrument { paid: cost } ...Parts }
          third: instrument(symbol: $symbol) { cost @include(if: $unused) }
          first: instrument(symbol: $symbol) { id }
        }
        fragment Parts on Instrument { symbol cost ...More }
        fragment More on Instrument { book { name } }`,
        { as: 'viewer', variables: { symbol: 'MSFT' } },
      );
      expect(answer.data).toEqual({
        first: { symbol: 'MSFT', cost: null, book: null, free: null, id: 'ins_MSFT' },
        second: { paid: null, symbol: 'MSFT', cost: null, book: null },
        third: { cost: null },
      });
      expect(new Set(codes(answer))).toEqual(
        new Set([
          'FORBIDDEN first.cost',
          'FORBIDDEN first.book',
          'FORBIDDEN first.free',
          'FORBIDDEN second.paid',
          'FORBIDDEN second.cost',
          'FORBIDDEN second.book',
          'FORBIDDEN third.cost',
        ]),
      );
      expect(platform.calls.filter((call) => /cost|book/.test(call))).toEqual([]);
    });

    test('a field of an interface is denied on the types that deny it only', async () => {
      const query = '{ things { name owner ... on Chair { also: owner } } }';
      const anonymous = await run(query);
      expect(anonymous.data).toEqual({
        things: [
          { name: 'chair', owner: null, also: null },
          { name: 'table', owner: 'bob' },
        ],
      });
      expect(codes(anonymous)).toEqual([
        'UNAUTHENTICATED things.0.owner',
        'UNAUTHENTICATED things.0.also',
      ]);
      expect((await run(query, { as: 'viewer' })).data).toEqual({
        things: [
          { name: 'chair', owner: 'ann', also: 'ann' },
          { name: 'table', owner: 'bob' },
        ],
      });
    });

    test('fields of another subgraph are denied the same way', async () => {
      const query = '{ worst { symbol rating secretRating } }';
      const denied = await run(query, { as: 'feed' });
      expect(denied.data).toEqual({
        worst: { symbol: 'AAPL', rating: 'rated ins_AAPL', secretRating: null },
      });
      expect(platform.calls).not.toContain('secretRating');
      expect((await run(query, { as: 'viewer' })).data).toEqual({
        worst: { symbol: 'AAPL', rating: 'rated ins_AAPL', secretRating: 'secret ins_AAPL' },
      });
    });

    test('a mutation with a denied root field is refused whole', async () => {
      const query = 'mutation { touch  rename(symbol: "AAPL", to: "B") { symbol } }';
      const denied = await run(query, { as: 'viewer' });
      expect(denied.data).toBeNull();
      expect(codes(denied)).toEqual(['FORBIDDEN rename']);
      expect(platform.calls).toEqual([]);
      const allowed = await run(query, { as: 'operations' });
      expect(allowed.data).toEqual({ touch: 1, rename: { symbol: 'AAPL' } });
      expect(platform.calls).toEqual(['touch', 'rename AAPL']);
    });

    test('of a document with several operations only the chosen one counts', async () => {
      const query = `
        query Free { motto }
        mutation Denied { rename(symbol: "AAPL", to: "B") { symbol } }
        query Mixed { motto instruments { symbol cost } }`;
      const free = await run(query, { operationName: 'Free' });
      expect(free).toMatchObject({ data: { motto: 'true to the line' } });
      expect(free.errors).toBeUndefined();
      const denied = await run(query, { operationName: 'Denied' });
      expect(codes(denied)).toEqual(['UNAUTHENTICATED rename']);
      expect(codes(await run(query, { operationName: 'Mixed', as: 'viewer' }))).toEqual([
        'FORBIDDEN instruments.0.cost',
      ]);
    });

    test('response keys that mean something to JavaScript are harmless', async () => {
      const query = '{ constructor: motto toString: instrument(symbol: "AAPL") { id } }';
      const answer = await run(query);
      expect(answer.data).toEqual({ constructor: 'true to the line', toString: null });
    });
  });

  describe('introspection', () => {
    const query = '{ __schema { queryType { name } } __type(name: "Instrument") { name } }';

    test('needs no token outside production', async () => {
      expect((await run(query)).data).toEqual({
        __schema: { queryType: { name: 'Query' } },
        __type: { name: 'Instrument' },
      });
    });

    test('needs a token in production, and suggestions are hidden there', async () => {
      const production = await startSmallGateway(platform, { isProduction: true });
      try {
        const anonymous = await ask(production.url, `query { ...F } fragment F on Query ${query}`);
        expect(codes(anonymous)).toEqual(['UNAUTHENTICATED ']);
        expect((await ask(production.url, query, { as: 'viewer' })).errors).toBeUndefined();
        expect((await ask(production.url, '{ ...F } fragment F on Query { motto }')).data).toEqual({
          motto: 'true to the line',
        });
        const wrong = await ask(production.url, '{ instrumentz }');
        expect(JSON.stringify(wrong.errors)).not.toContain('Did you mean');
      } finally {
        await production.stop();
      }
    });
  });

  describe('tokens', () => {
    test.each(['nobody', 'x y'])('that are not accepted answer 401: %s', async (as) => {
      const answer = await run('{ motto }', { as });
      expect(answer.status).toBe(401);
      expect(codes(answer)).toEqual(['UNAUTHENTICATED ']);
    });
  });
});
