/** The limits of our own gateway, where an operator may set some of them. */

import { GATEWAY_LIMITS, type GatewayLimits } from '../gateway-options.ts';
import type { PayerKind } from './payer.ts';

export interface LimitSettings {
  readonly maxOperationCost: number;
  readonly maxSocketsPerUser: number;
  readonly trustedProxies: number;
  readonly costPerSecond: Readonly<Record<PayerKind, number>>;
}

/** Seconds of its rate that a bucket holds. */
const BURST_SECONDS = 5;

export function configuredLimits(settings: LimitSettings): GatewayLimits {
  const { maxOperationCost, maxSocketsPerUser, trustedProxies, costPerSecond } = settings;
  const allowance = (kind: PayerKind) => ({
    perSecond: costPerSecond[kind],
    burst: costPerSecond[kind] * BURST_SECONDS,
  });
  return {
    ...GATEWAY_LIMITS,
    maxCost: maxOperationCost,
    maxSocketsPerUser,
    trustedProxies,
    rates: {
      user: allowance('user'),
      program: allowance('program'),
      anonymous: allowance('anonymous'),
    },
  };
}
