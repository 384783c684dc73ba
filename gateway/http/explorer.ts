/**
 * GraphiQL on one page without any request to the outside, subscriptions over the WebSocket of
 * the same path, and an example for each journey. The page is 9 MB: made when first asked for, kept
 * in both forms, and sent again only when it changed.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface ExplorerOptions {
  readonly graphqlPath: string;
  /** Documents, each in a tab of its own. */
  readonly examples: readonly string[];
}

interface Page {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
  readonly etag: string;
}

const OPERATIONS = join(import.meta.dirname, '../../schema/operations');
const TITLE = 'Plumbline';
const FORBIDDEN = /[^\w.:[\]-]/g;
const NOT_MODIFIED = 304;

const TOKEN_NOTE = [
  '# Put a token into the Headers tab below, after "Bearer ": it goes with queries and',
  '# subscriptions alike. Get one with: npm run -s token -- trader',
].join('\n');
/** The measure of a long document sticks out of its editor: without this the page scrolls too. */
const STYLE =
  '<style>html, body { height: 100%; overflow: hidden; } ' +
  '#root { position: relative; overflow: hidden; }</style>';
const HEADERS = JSON.stringify({ authorization: 'Bearer ' }, undefined, 2);

/** The sample documents of the journeys; none when they were not shipped. */
export function readExamples(): readonly string[] {
  try {
    const files = readdirSync(OPERATIONS).filter((name) => name.endsWith('.graphql'));
    return files.map((name) => readFileSync(join(OPERATIONS, name), 'utf8'));
  } catch {
    return [];
  }
}

export function createExplorer(options: ExplorerOptions) {
  let page: Promise<Page> | undefined;
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    page ??= render(options);
    const { plain, gzipped, etag } = await page;
    response.setHeader('content-security-policy', policyFor(request.headers.host ?? ''));
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('cache-control', 'no-cache');
    response.setHeader('vary', 'accept-encoding');
    response.setHeader('etag', etag);
    if (request.headers['if-none-match']?.includes(etag) === true) {
      response.writeHead(NOT_MODIFIED).end();
      return;
    }
    const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    if (takesGzip) response.setHeader('content-encoding', 'gzip');
    response.end(takesGzip ? gzipped : plain);
  };
}

async function render({ graphqlPath, examples }: ExplorerOptions): Promise<Page> {
  // Imported here: reading 9 MB of script is no part of a start.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const tabs = examples.length === 0 ? ['{ __typename }\n'] : examples;
  const html = renderGraphiQL({
    title: TITLE,
    endpoint: graphqlPath,
    subscriptionsProtocol: 'WS',
    headers: HEADERS,
    defaultTabs: tabs.map((query) => ({ query: `${TOKEN_NOTE}\n\n${query}`, headers: HEADERS })),
  });
  const plain = Buffer.from(html.replace('</head>', () => `${STYLE}</head>`));
  const digest = createHash('sha256').update(plain).digest('base64url');
  return { plain, gzipped: await promisify(gzip)(plain), etag: `"${digest}"` };
}

/** The page may talk to where it came from and to nobody else. */
function policyFor(host: string): string {
  const own = host.replace(FORBIDDEN, '');
  return [
    "default-src 'none'",
    "script-src 'unsafe-inline' blob:",
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'img-src data: blob:',
    'font-src data:',
    `connect-src 'self' ws://${own} wss://${own}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
