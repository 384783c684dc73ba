/** What travels with one operation through Apollo Server and ApolloGateway. */

import type { RequestContext } from '#platform/request-context';
import type { Transport } from './gateway-metrics.ts';

export interface GatewayContext {
  readonly request: RequestContext;
  readonly transport: Transport;
}

export function isGatewayContext(value: object): value is GatewayContext {
  return 'request' in value && 'transport' in value;
}
