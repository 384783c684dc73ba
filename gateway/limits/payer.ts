/** Whose bucket an operation is taken from, and whose sockets are counted. */

import type { IncomingMessage } from 'node:http';
import type { Identity } from '#platform/request-context';

export type PayerKind = 'user' | 'program' | 'anonymous';

export interface Payer {
  readonly kind: PayerKind;
  /** Such as `user:ann`; one bucket each. */
  readonly key: string;
}

/** A program's token is its key; who shows none is told apart by address only. */
export function payerOf(identity: Identity | null, { socket }: IncomingMessage): Payer {
  if (!identity) {
    return { kind: 'anonymous', key: `address:${socket.remoteAddress ?? 'unknown'}` };
  }
  const kind = identity.isService ? 'program' : 'user';
  return { kind, key: `${kind}:${identity.user}` };
}
