/** What became of the prices for one vendor, in numbers. */

import type { Publication } from '../../domain/vendor.ts';
import { createLatencyWindow, type LatencyWindow } from './latency-window.ts';

export interface DeliveryCounters {
  sent: number;
  acked: number;
  refused: number;
  superseded: number;
  dead: number;
  conflated: number;
  repeated: number;
  unexpectedAcks: number;
  /** From the valuation to its acknowledgement. */
  readonly latency: LatencyWindow;
  count(publication: Publication): void;
}

export function createDeliveryCounters(): DeliveryCounters {
  const latency = createLatencyWindow();
  const counters: DeliveryCounters = {
    sent: 0,
    acked: 0,
    refused: 0,
    superseded: 0,
    dead: 0,
    conflated: 0,
    repeated: 0,
    unexpectedAcks: 0,
    latency,
    count(publication) {
      switch (publication.kind) {
        case 'SENT':
          counters.sent += 1;
          return;
        case 'ACKED':
          counters.acked += 1;
          // An image may repeat a price of long ago.
          if (publication.post.isImage) return;
          latency.add(publication.ackedAtMs - publication.post.update.valuedAtMs);
          return;
        case 'REFUSED':
          counters.refused += 1;
          return;
        case 'SUPERSEDED':
          counters.superseded += 1;
          return;
        case 'DEAD':
          counters.dead += 1;
          return;
        case 'CONFLATED':
          counters.conflated += 1;
      }
    },
  };
  return counters;
}
