/** Short answers, and the headers every answer carries. */

import type { ServerResponse } from 'node:http';

/** A year. */
const HSTS_SECONDS = 31_536_000;

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(`${JSON.stringify(body)}\n`);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  if (!response.hasHeader('content-type')) {
    response.setHeader('content-type', 'text/plain; charset=utf-8');
  }
  response.end(text);
}

export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  // A page of ours brings a policy of its own.
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  // Only whoever came over TLS is told to stay there: a proxy in front of us ends it and says so.
  if (response.req.headers['x-forwarded-proto'] === 'https') {
    response.setHeader('strict-transport-security', `max-age=${HSTS_SECONDS}`);
  }
}
