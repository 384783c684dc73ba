/** GraphQL over HTTP as its public audit sees it, against the whole platform over a socket. */

import { type Audit, serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoToken } from '../support/demo-token.ts';
import { startTestPlatform, type TestPlatform } from '../support/running-platform.ts';

/** What the specification leaves open and we answer otherwise, each for its reason. */
const CHOSEN_OTHERWISE = new Map([
  // A page of another origin can send these without a preflight (cross-site request forgery).
  ['5A70', 'a GET needs a header that no form and no image sends'],
  ['D6D5', 'a GET needs a header that no form and no image sends'],
  ['6A70', 'a GET needs a header that no form and no image sends'],
]);

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ VENDORS: 'none' });
}, 60_000);
afterAll(() => platform.stop());

const audits = serverAudits({ url: () => platform.url, fetchFn: fetch });
const isRequired = ({ name }: Audit) => /^(MUST|SHOULD)\b/.test(name);

describe('GW-1 the audit of GraphQL over HTTP', () => {
  test('has requirements to check, and options', () => {
    expect(audits.filter(isRequired).length).toBeGreaterThanOrEqual(30);
    expect(audits.length).toBeGreaterThanOrEqual(60);
  });

  test.each(audits.filter(isRequired))('$id $name', async (audit) => {
    expect(await audit.fn()).toMatchObject({ status: 'ok' });
  });

  test.each(audits.filter((audit) => !isRequired(audit)))('$id $name', async (audit) => {
    const { status } = await audit.fn();
    expect(status === 'ok').toBe(!CHOSEN_OTHERWISE.has(audit.id));
  });
});

describe('beyond the audit', () => {
  const QUERY = JSON.stringify({ query: '{ __typename }' });
  const post = (headers: Readonly<Record<string, string>>, body: BodyInit = QUERY) =>
    fetch(platform.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const get = (parameters: Readonly<Record<string, string>>, headers = {}) =>
    fetch(`${platform.url}?${new URLSearchParams(parameters).toString()}`, {
      headers: { 'apollo-require-preflight': '1', ...headers },
    });

  test.each([
    ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
    ['application/json;q=0.9, application/graphql-response+json;q=0.1', 'application/json'],
    ['application/graphql-response+json;q=0, */*;q=0.1', 'application/json'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'application/json'],
  ])('accept %s is answered with %s', async (accept, type) => {
    expect((await post({ accept })).headers.get('content-type')).toContain(type);
  });

  test('a type we cannot answer with is 406, and the mutation is not run', async () => {
    const admin = await platform.as('admin');
    const query = `mutation { upsertInstruments(input: { instruments: [{
      symbol: "UNSEEN", name: "Unseen", assetClass: EQUITY, currency: "USD" }] }) { __typename } }`;
    const token = await demoToken(platform.environment, 'admin');
    const refused = await post(
      { accept: 'application/xml', authorization: `Bearer ${token}` },
      JSON.stringify({ query }),
    );
    expect(refused.status).toBe(406);
    expect(await refused.json()).toMatchObject({ errors: [{ message: /application\/json/ }] });
    expect(await admin.fetch('{ instrument(symbol: "UNSEEN") { id } }')).toEqual({
      instrument: null,
    });
  });

  test.each([
    ['packed', { 'content-encoding': 'gzip' }],
    ['in another charset', { 'content-type': 'application/json; charset=iso-8859-1' }],
    ['of another type', { 'content-type': 'application/graphql' }],
  ])('a body %s is 415 and says what is read', async (_what, headers) => {
    const refused = await post(headers);
    expect(refused.status).toBe(415);
    expect(refused.headers.get('accept')).toBe('application/json');
    expect(refused.headers.get('accept-encoding')).toBe('identity');
  });

  test.each([
    ['a batch', `[${QUERY},${QUERY}]`, /one operation/],
    ['a text', '"{ __typename }"', /JSON object/],
    ['null', 'null', /JSON object/],
    ['nothing', '', /JSON object/],
    ['half a body', '{"query":"{ __type', /JSON object/],
    ['bytes that are no text', new Uint8Array([0xff, 0xfe, 0x00]), /JSON object/],
  ])('%s is 400 in both forms', async (_what, body, message) => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const refused = await post({ accept }, body);
      expect(refused.status).toBe(400);
      expect(refused.headers.get('content-type')).toContain(accept);
      const { errors } = (await refused.json()) as { errors: { message: string }[] };
      expect(errors[0]?.message).toMatch(message);
    }
  });

  test('GET answers a query with variables, refuses mutations with 405', async () => {
    const query = 'query Type($name: String!) { __type(name: $name) { name } }';
    const answer = await get({ query, variables: '{"name":"Basket"}' });
    expect(await answer.json()).toEqual({ data: { __type: { name: 'Basket' } } });
    const mutation = await get({ query: 'mutation { __typename }' });
    expect(mutation.status).toBe(405);
    expect(mutation.headers.get('allow')).toContain('POST');
  });

  test('GET without a header that a form cannot send is refused', async () => {
    const plain = await fetch(`${platform.url}?query={__typename}`);
    expect(plain.status).toBe(400);
    expect(await plain.text()).toContain('apollo-require-preflight');
  });

  test('a GET is judged by its address, not by what a body says', async () => {
    const deep = `{ a${'{ a'.repeat(600)}${' }'.repeat(601)}`;
    const refused = await get({ query: deep }, { accept: 'application/graphql-response+json' });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('maxNesting');
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'HEAD'])(
    '%s is 405 and says what is allowed',
    async (verb) => {
      const refused = await fetch(platform.url, { method: verb });
      expect(refused.status).toBe(405);
      expect(refused.headers.get('allow')).toBe('GET, POST, OPTIONS');
    },
  );

  test('OPTIONS says what is allowed', async () => {
    const answer = await fetch(platform.url, { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('allow')).toBe('GET, POST, OPTIONS');
  });

  test('a token that is not accepted is 401 in both forms, and names the scheme', async () => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const refused = await post({ accept, authorization: 'Bearer none' });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
      expect(refused.headers.get('content-type')).toContain(accept);
    }
  });

  test('fields that are denied or empty leave the answer at 200', async () => {
    const query = '{ instrument(symbol: "AAPL") { id } }';
    const answer = await post(
      { accept: 'application/graphql-response+json' },
      JSON.stringify({ query }),
    );
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      data: { instrument: null },
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });
});
