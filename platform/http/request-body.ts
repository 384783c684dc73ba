/** Reads the body of an HTTP request up to a limit, and as JSON. */

import type { IncomingMessage } from 'node:http';

export type BodyReading =
  | { readonly kind: 'read'; readonly text: string }
  /** What is left of the request was not read: the connection cannot be used again. */
  | { readonly kind: 'too-large' }
  | { readonly kind: 'aborted' };

export function readBody(request: IncomingMessage, maxBytes: number): Promise<BodyReading> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) return Promise.resolve({ kind: 'too-large' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        request.pause();
        request.removeAllListeners('data');
        resolve({ kind: 'too-large' });
      } else {
        chunks.push(chunk);
      }
    });
    request.once('end', () => resolve({ kind: 'read', text: Buffer.concat(chunks).toString() }));
    request.once('error', () => resolve({ kind: 'aborted' }));
    request.once('close', () => resolve({ kind: 'aborted' }));
  });
}

/** The parsed value, or undefined when the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
