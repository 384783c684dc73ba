/** Which OrdStatus may follow which, after the order state matrices of FIX 4.4, appendix D. */

import type { OrdStatus } from './fix-words.ts';

/**
 * `from -> to`. A status that is kept (another fill of a PARTIALLY_FILLED order, an order restated
 * after a refused cancel) is no transition and always allowed.
 *
 * FILLED -> NEW goes beyond the published matrix: it is the bust of the only fill of an order.
 * REPLACED is a word of history: FIX 4.4 reports the status that results from the replacement.
 */
export const ORD_STATUS_TRANSITIONS: Readonly<Record<OrdStatus, readonly OrdStatus[]>> = {
  PENDING_NEW: [
    'NEW',
    'REJECTED',
    'PARTIALLY_FILLED',
    'FILLED',
    'CANCELED',
    'EXPIRED',
    'PENDING_CANCEL',
  ],
  NEW: [
    'PARTIALLY_FILLED',
    'FILLED',
    'CANCELED',
    'EXPIRED',
    'DONE_FOR_DAY',
    'SUSPENDED',
    'STOPPED',
    'PENDING_CANCEL',
    'PENDING_REPLACE',
    'REJECTED',
  ],
  PARTIALLY_FILLED: [
    'FILLED',
    'CANCELED',
    'EXPIRED',
    'DONE_FOR_DAY',
    'SUSPENDED',
    'PENDING_CANCEL',
    'PENDING_REPLACE',
    'NEW',
  ],
  // Back to the status before it when refused, or on to what came of the order meanwhile.
  PENDING_CANCEL: ['CANCELED', 'EXPIRED', 'PENDING_NEW', 'NEW', 'PARTIALLY_FILLED', 'FILLED'],
  PENDING_REPLACE: ['CANCELED', 'EXPIRED', 'NEW', 'PARTIALLY_FILLED', 'FILLED'],
  SUSPENDED: ['NEW', 'PARTIALLY_FILLED', 'CANCELED', 'EXPIRED'],
  DONE_FOR_DAY: ['CALCULATED', 'NEW', 'PARTIALLY_FILLED', 'CANCELED'],
  STOPPED: ['PARTIALLY_FILLED', 'FILLED', 'CANCELED', 'EXPIRED'],
  FILLED: ['PARTIALLY_FILLED', 'NEW', 'CALCULATED'],
  CALCULATED: [],
  CANCELED: [],
  REJECTED: [],
  EXPIRED: [],
  REPLACED: [],
};

export function mayFollow(from: OrdStatus, to: OrdStatus): boolean {
  return from === to || ORD_STATUS_TRANSITIONS[from].includes(to);
}
