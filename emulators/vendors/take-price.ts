/** One post at an emulated vendor: taken, refused or lost, as the faults want it. */

import type { FaultBook } from './faults.ts';
import type { ReceivedPrice, VendorDesk } from './vendor-desk.ts';

/** In the words of the vendor's protocol. */
export interface PriceReplies {
  ack(): void;
  nak(why: 'UNKNOWN' | 'THROTTLED' | { readonly code: string }): void;
  /** Neither reads nor sends from now on. */
  goSilent(): void;
}

export function takePrice(
  price: Omit<ReceivedPrice, 'isRepeated' | 'receivedAtMs'>,
  { desk, faults, replies }: { desk: VendorDesk; faults: FaultBook; replies: PriceReplies },
): void {
  const fault = faults.take('PRICE');
  switch (fault?.kind) {
    case 'HANG':
      return;
    case 'HALF_OPEN':
      return replies.goSilent();
    case 'REJECT':
      return replies.nak({ code: fault.code });
    case 'THROTTLE':
      return replies.nak('THROTTLED');
    case 'DELAY':
    case 'DROP':
    case 'DUPLICATE':
    case 'CLOCK_SKEW':
    case 'DOWN':
    case undefined:
  }
  if (desk.receive(price) === 'UNKNOWN') return replies.nak('UNKNOWN');
  if (fault?.kind === 'DROP') return;
  if (fault?.kind === 'DELAY') {
    setTimeout(() => replies.ack(), fault.ms).unref();
    return;
  }
  replies.ack();
  if (fault?.kind === 'DUPLICATE') replies.ack();
}
