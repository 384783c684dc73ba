/** Nothing in the gateway calls out by itself. */

import { env } from 'node:process';

/**
 * ApolloGateway sends usage figures to Apollo, and asks cloud metadata services where it runs,
 * unless this switch is set in the environment; it has no option for it. To be called before
 * the first ApolloGateway is made.
 */
export function silenceVendorTelemetry(): void {
  env['APOLLO_TELEMETRY_DISABLED'] = 'true';
}
