/** The WebSockets of a gateway: the protocol, its limits, and what is counted of them. */

import { createSocketServer, type SocketServer } from '#platform/http/socket-server';
import {
  type Connection,
  connectionOf,
  createProtocolOptions,
  type ProtocolParts,
} from './socket-protocol.ts';

export function createGatewaySockets(path: string, parts: ProtocolParts): SocketServer {
  const { limits, metrics, logger } = parts;
  return createSocketServer<Connection>({
    path,
    protocol: createProtocolOptions(parts),
    extraOf: connectionOf,
    maxMessageBytes: limits.maxMessageBytes,
    limits,
    onOpen: () => metrics.openSockets.inc(),
    onClose: () => metrics.openSockets.dec(),
    onSkipped: () => metrics.eventsSkipped.inc(),
    onTooSlow: (reason) => metrics.slowSocketsClosed.inc({ reason }),
    logger,
  });
}
