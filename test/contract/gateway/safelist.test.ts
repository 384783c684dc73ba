import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '#platform/logger';
import type { Gateway } from '../../../gateway/gateway-options.ts';
import { openSafelist, type Safelist } from '../../../gateway/limits/safelist.ts';
import { createLimitedPlatform, startLimited, WAYS } from './limited-platform.ts';

const platform = createLimitedPlatform();
const folder = mkdtempSync(join(tmpdir(), 'plumbline-safelist-'));
const file = join(folder, 'partner.json');
const soon = { timeout: 15_000 };
const MOTTO = 'query Motto { motto }';
const ITEMS = 'query Items($n: Int) { items(first: $n) { edges { node { name } } } }';
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const manifestOf = (...texts: string[]) =>
  JSON.stringify(Object.fromEntries(texts.map((text) => [hashOf(text), text])));
const logged: unknown[] = [];
const logger = {
  ...silentLogger,
  error: (facts: unknown) => {
    logged.push(facts);
  },
};

let safelist: Safelist;
let gateway: Gateway;

beforeAll(async () => {
  writeFileSync(file, manifestOf(MOTTO, ITEMS));
  safelist = openSafelist({ path: folder, roles: ['partner'], logger });
  gateway = await startLimited(platform, { safelist });
});
afterAll(async () => {
  await gateway.stop();
  safelist.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(WAYS)('GW-4 registered operations %s', (_way, send) => {
  const ANSWER = { data: { motto: 'true to the line' } };

  test.each([
    ['documentId', { documentId: `sha256:${hashOf(MOTTO)}` }],
    ['documentId without its prefix', { documentId: hashOf(MOTTO) }],
    [
      'the extension persistedQuery',
      { extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(MOTTO) } } },
    ],
  ])('are run by %s, for partners and others', async (_name, more) => {
    for (const as of ['partner', 'trader']) {
      expect(await send(gateway, '', { as, more })).toEqual(ANSWER);
    }
  });

  test('take variables, and are held to the limits', async () => {
    const more = { documentId: hashOf(ITEMS) };
    const first = await send(gateway, '', { as: 'partner', more, variables: { n: 1 } });
    expect(first.data).toEqual({ items: { edges: [{ node: { name: 'item' } }] } });
    const { errors } = await send(gateway, '', { as: 'partner', more, variables: { n: 101 } });
    expect(errors).toMatchObject([{ extensions: { limit: 'maxPageSize' } }]);
  });

  test('may come as text, which has to be the same', async () => {
    expect(await send(gateway, MOTTO, { as: 'partner' })).toEqual(ANSWER);
    const { data, errors } = await send(gateway, `${MOTTO} `, { as: 'partner' });
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([
      {
        message: 'the role partner runs registered operations only: this is none of the 2',
        extensions: { code: 'FORBIDDEN', limit: 'safelist' },
      },
    ]);
  });

  test.each(['{ __schema { queryType { name } } }', 'mutation { touch }', '{ __typename }'])(
    'are all that a partner may run: not %s',
    async (query) => {
      const { data, errors } = await send(gateway, query, { as: 'partner' });
      expect(data ?? null).toBeNull();
      expect(errors).toMatchObject([{ extensions: { limit: 'safelist' } }]);
      expect((await send(gateway, query, { as: 'trader' })).errors).toBeUndefined();
    },
  );

  test.each([
    ['documentId', { documentId: 'unknown' }],
    ['__proto__', { documentId: '__proto__' }],
  ])('asked for by an id that is not registered are not found: %s', async (_name, more) => {
    const { data, errors } = await send(gateway, '', { as: 'trader', more });
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }]);
  });
});

test('GW-4 registered operations are run by GET', async () => {
  const headers = { 'apollo-require-preflight': '1', authorization: 'Bearer partner' };
  const persistedQuery = { version: 1, sha256Hash: hashOf(ITEMS) };
  for (const params of [
    { documentId: hashOf(ITEMS), variables: '{"n":1}' },
    { extensions: JSON.stringify({ persistedQuery }), variables: '{"n":1}' },
  ]) {
    const response = await fetch(`${gateway.url}?${new URLSearchParams(params)}`, { headers });
    expect(await response.json()).toEqual({
      data: { items: { edges: [{ node: { name: 'item' } }] } },
    });
  }
});

test('GW-4 a text that was registered by its sender first is not on the list for it', async () => {
  const text = 'query Mine { motto }';
  const post = async (body: object, as: string) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${as}` };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    return (await (await fetch(gateway.url, init)).json()) as { data?: unknown; errors?: unknown };
  };
  const extensions = { persistedQuery: { version: 1, sha256Hash: hashOf(text) } };
  expect(await post({ query: text, extensions }, 'trader')).toHaveProperty('data.motto');
  expect(await post({ extensions }, 'trader')).toHaveProperty('data.motto');
  expect(await post({ extensions }, 'partner')).toMatchObject({
    errors: [{ extensions: { limit: 'safelist' } }],
  });
});

describe('GW-4 the safelist', () => {
  test('is read again when it changes, and stays when it does not parse', async () => {
    const path = join(folder, 'changing');
    mkdirSync(path);
    const changing = join(path, 'one.json');
    writeFileSync(changing, manifestOf(MOTTO));
    const list = openSafelist({ path, roles: ['partner'], logger, lookEveryMs: 20 });
    const other = join(path, 'two.json');
    writeFileSync(other, manifestOf(ITEMS));
    await expect.poll(() => list.textOf(hashOf(ITEMS)), soon).toBe(ITEMS);
    writeFileSync(changing, '{"half');
    await expect.poll(() => logged.length, soon).toBeGreaterThan(0);
    expect(list.textOf(hashOf(MOTTO))).toBe(MOTTO);
    writeFileSync(changing, manifestOf('{ __typename }'));
    await expect.poll(() => list.textOf(hashOf(MOTTO)), soon).toBeUndefined();
    expect(list.textOf(hashOf('{ __typename }'))).toBe('{ __typename }');
    list.close();
  });

  test.each([
    ['a file that is not there', 'missing.json', undefined],
    ['text', 'text.json', 'hello'],
    ['a list', 'list.json', '["{ motto }"]'],
    ['hashes of no text', 'numbers.json', '{"abc":7}'],
  ])('is said to be wrong in one sentence: %s', (_name, name, text) => {
    const path = join(folder, '..', `plumbline-${process.pid}-${name}`);
    if (text !== undefined) writeFileSync(path, text);
    expect(() => openSafelist({ path, roles: [], logger })).toThrow(/^Set SAFELIST to a JSON file/);
    rmSync(path, { force: true });
  });

  test('binds nobody when there is none', () => {
    const list = openSafelist({ path: undefined, roles: ['partner'], logger });
    expect(list.refusalOf('x', ['partner'])).toBeUndefined();
  });
});
