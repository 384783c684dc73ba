/** Whose bucket an operation is taken from, and whose sockets are counted. */

import type { IncomingMessage } from 'node:http';
import type { Identity } from '#platform/request-context';

/** Of IPv6, with some room for a port. */
const MAX_ADDRESS = 60;

export type PayerKind = 'user' | 'program' | 'anonymous';

export interface Proxies {
  /** In front of us, each of which adds to `x-forwarded-for`; what came before them is hearsay. */
  readonly trustedProxies: number;
}

export interface Payer {
  readonly kind: PayerKind;
  /** Such as `user:ann`; one bucket each. */
  readonly key: string;
}

/** A program's token is its key; who shows none is told apart by address only. */
export function payerOf(
  identity: Identity | null,
  request: IncomingMessage,
  proxies: Proxies,
): Payer {
  if (!identity) return { kind: 'anonymous', key: `address:${addressOf(request, proxies)}` };
  const kind = identity.isService ? 'program' : 'user';
  return { kind, key: `${kind}:${identity.user}` };
}

function addressOf({ socket, headers }: IncomingMessage, { trustedProxies }: Proxies): string {
  const remote = socket.remoteAddress ?? 'unknown';
  if (trustedProxies === 0) return remote;
  const told = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  return told.at(-trustedProxies)?.trim().slice(0, MAX_ADDRESS) || remote;
}
