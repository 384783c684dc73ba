/** How many sockets a caller holds, and how much one socket has under way. */

import { GraphQLError, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { Counter } from 'prom-client';
import type { ErrorCode } from '#platform/errors';
import type { GatewayLimits } from '../gateway-options.ts';
import type { Payer } from './payer.ts';

export interface OpenSockets {
  /** Answers how to forget it again; undefined: this caller has as many as allowed. */
  readonly open: (payer: Payer) => (() => void) | undefined;
}

export interface OpenSocketsParts {
  readonly limits: Pick<GatewayLimits, 'maxSocketsPerUser'>;
  /** Refusals, by limit. */
  readonly refusals: Counter<'limit'>;
}

export function createOpenSockets({ limits, refusals }: OpenSocketsParts): OpenSockets {
  const counts = new Map<string, number>();
  return {
    open: ({ key }) => {
      const held = counts.get(key) ?? 0;
      if (held >= limits.maxSocketsPerUser) {
        refusals.inc({ limit: 'maxSocketsPerUser' });
        return undefined;
      }
      counts.set(key, held + 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        const left = (counts.get(key) ?? 1) - 1;
        if (left === 0) counts.delete(key);
        else counts.set(key, left);
      };
    },
  };
}

/** Of one socket, at the moment. */
export interface UnderWay {
  /** Everything that was asked and has not ended, what is asked now included. */
  readonly operations: number;
  /** Of these, the queries and mutations that run. */
  readonly running: number;
}

type SocketLimits = Pick<GatewayLimits, 'maxSubscriptionsPerSocket' | 'maxOperationsPerSocket'>;

/** Before a document is read, for a flood is not worth parsing: named by what fills the socket. */
export function floodRefusal(
  { operations, running }: UnderWay,
  { maxSubscriptionsPerSocket, maxOperationsPerSocket }: SocketLimits,
): GraphQLError | undefined {
  if (operations <= maxSubscriptionsPerSocket + maxOperationsPerSocket) return undefined;
  return running >= maxOperationsPerSocket
    ? tooMany('maxOperationsPerSocket', maxOperationsPerSocket, running + 1)
    : tooMany('maxSubscriptionsPerSocket', maxSubscriptionsPerSocket, operations - running);
}

export function socketRefusal(
  { operation }: OperationDefinitionNode,
  { operations, running }: UnderWay,
  { maxSubscriptionsPerSocket, maxOperationsPerSocket }: SocketLimits,
): GraphQLError | undefined {
  if (operation === OperationTypeNode.SUBSCRIPTION) {
    const streams = operations - running;
    return streams > maxSubscriptionsPerSocket
      ? tooMany('maxSubscriptionsPerSocket', maxSubscriptionsPerSocket, streams)
      : undefined;
  }
  return running >= maxOperationsPerSocket
    ? tooMany('maxOperationsPerSocket', maxOperationsPerSocket, running + 1)
    : undefined;
}

function tooMany(limit: string, allowed: number, found: number): GraphQLError {
  const code: ErrorCode = 'RATE_LIMITED';
  const message = `too much on this socket: ${limit} is ${allowed}, this would be ${found}`;
  return new GraphQLError(message, { extensions: { code, limit, allowed } });
}
