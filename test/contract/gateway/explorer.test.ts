import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Supergraph } from '@apollo/federation-internals';
import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSupergraph } from '../../../gateway/access/access-rules.ts';
import type { Gateway } from '../../../gateway/gateway-options.ts';
import { ask } from './ask.ts';
import { connect } from './socket-client.ts';
import { createSmallPlatform, startSmallGateway } from './small-platform.ts';

const SCHEMA = join(import.meta.dirname, '../../../schema');
let gateway: Gateway;
let page: string;
let html: string;

beforeAll(async () => {
  gateway = await startSmallGateway(createSmallPlatform());
  page = gateway.url.replace('/graphql', '/explorer');
  html = await (await fetch(page)).text();
});
afterAll(() => gateway.stop());

describe('GW-6 the explorer', () => {
  test('is one page that asks nobody outside for anything', async () => {
    expect(html).toContain('YogaGraphiQL');
    const [head = '', rest = ''] = html.split('</head>');
    expect(head).not.toMatch(/<script|@import|url\(\s*["']?https?:|href="(?!data:)/);
    expect(rest).not.toMatch(/<script[^>]+src=|<link\b/);
    const policy = (await fetch(page)).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    const { host } = new URL(page);
    expect(policy).toContain(`connect-src 'self' ws://${host} wss://${host};`);
  });

  test('talks to this gateway, by WebSocket for subscriptions, with a place for the token', () => {
    const options = html.slice(html.lastIndexOf('renderYogaGraphiQL('));
    expect(options).toContain('"endpoint":"/graphql"');
    expect(options).toContain('"subscriptionsProtocol":"WS"');
    expect(options).toContain('npm run -s token -- trader');
    const journeys = ['LivePrices', 'CreateBasket', 'PlaceOrder', 'ReadPosition', 'LiveRisk'];
    for (const journey of journeys) expect(options).toContain(journey);
  });

  test('never scrolls as a page: each editor scrolls by itself', () => {
    const head = html.slice(html.indexOf('<head>'), html.indexOf('<body'));
    expect(head).toMatch(/<style>html, body \{[^}]*overflow: hidden[^}]*\}/);
  });

  test('takes a header without a token for nobody, over both transports', async () => {
    for (const authorization of ['', 'Bearer', 'Bearer ']) {
      const answer = await ask(gateway.url, '{ motto }', { headers: { authorization } });
      expect(answer.data).toEqual({ motto: 'true to the line' });
      const socket = await connect(gateway.url, { params: { authorization } });
      socket.close();
    }
  });

  test('is sent packed, and again only when it changed', async () => {
    const first = await fetch(page);
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('content-encoding')).toBe('gzip');
    const again = await fetch(page, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    const plain = await new Promise<string | undefined>((resolve, reject) => {
      const asked = request(page, { headers: { 'accept-encoding': 'identity' } }, (response) => {
        resolve(response.headers['content-encoding']);
        response.resume();
      });
      asked.once('error', reject).end();
    });
    expect(plain).toBeUndefined();
  });
});

describe('GW-7 the sample operations', () => {
  const { sdl } = readSupergraph(readFileSync(join(SCHEMA, 'supergraph.graphql'), 'utf8'));
  const schema = Supergraph.build(sdl).apiSchema().toGraphQLJSSchema();
  const folder = join(SCHEMA, 'operations');

  test.each(readdirSync(folder))('%s is valid against what callers see', (file) => {
    const document = parse(readFileSync(join(folder, file), 'utf8'));
    expect(validate(schema, document).map(({ message }) => message)).toEqual([]);
  });
});
