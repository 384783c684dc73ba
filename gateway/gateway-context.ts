/** What travels with one operation through Apollo Server and ApolloGateway. */

import type { RequestContext } from '#platform/request-context';
import type { Transport } from './gateway-metrics.ts';
import type { Payer } from './limits/payer.ts';

export interface GatewayContext {
  readonly request: RequestContext;
  readonly transport: Transport;
  /** Who pays for it; left out where that is settled already. */
  readonly payer?: Payer;
}

export function isGatewayContext(value: object): value is GatewayContext {
  return 'request' in value && 'transport' in value;
}
