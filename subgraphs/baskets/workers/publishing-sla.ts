/**
 * Watches what was promised about prices: each in its hands 2 s after its valuation, the next one
 * within 7.5 s of the last. A breach is told once: a gap when it becomes one, not when it ends.
 */

import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';

export const PUBLISH_LIMIT_MS = 2_000;
/** One price each 5 s, and half of that for whatever delays it. */
export const CADENCE_LIMIT_MS = 7_500;
export const APPROVAL_LIMIT_MS = 120_000;

export interface Channel {
  readonly vendor: string;
  readonly basketId: string;
  readonly code: string;
}

interface Watched extends Channel {
  lastMs: number;
  isGapTold: boolean;
}

export interface PublishingSla {
  /** From then on a price is due in every 7.5 s; nothing changes for one that is watched. */
  watch(channel: Channel, sinceMs: number): void;
  forget(channel: Channel): void;
  onAcked(
    channel: Channel,
    times: { readonly valuedAtMs: number; readonly ackedAtMs: number },
  ): void;
  /** Tells of the gaps that have become too long. */
  check(nowMs: number): void;
}

export function createPublishingSla(
  newId: () => string,
  tell: (breach: BasketSlaBreached) => void,
  onGap: (vendor: string, gapMs: number) => void,
): PublishingSla {
  const watched = new Map<string, Watched>();
  const keyOf = ({ vendor, basketId }: Channel): string => `${vendor} ${basketId}`;

  function gap(channel: Watched, atMs: number, detail: string): void {
    const { vendor, basketId, code, lastMs } = channel;
    channel.isGapTold = true;
    tell({
      breachId: newId(),
      kind: 'CADENCE',
      basketId,
      code,
      vendor,
      limitMs: CADENCE_LIMIT_MS,
      actualMs: Math.round(atMs - lastMs),
      detail,
      occurredAtMs: atMs,
    });
  }

  return {
    watch(channel, sinceMs) {
      const key = keyOf(channel);
      if (!watched.has(key)) watched.set(key, { ...channel, lastMs: sinceMs, isGapTold: false });
    },

    forget: (channel) => void watched.delete(keyOf(channel)),

    onAcked({ vendor, basketId, code }, { valuedAtMs, ackedAtMs }) {
      const channel = watched.get(keyOf({ vendor, basketId, code }));
      if (channel) {
        const gapMs = ackedAtMs - channel.lastMs;
        onGap(vendor, gapMs);
        if (gapMs > CADENCE_LIMIT_MS && !channel.isGapTold) gap(channel, ackedAtMs, 'over again');
        Object.assign(channel, { lastMs: Math.max(channel.lastMs, ackedAtMs), isGapTold: false });
      }
      const tookMs = ackedAtMs - valuedAtMs;
      if (tookMs <= PUBLISH_LIMIT_MS) return;
      tell({
        breachId: newId(),
        kind: 'PUBLISH',
        basketId,
        code,
        vendor,
        limitMs: PUBLISH_LIMIT_MS,
        actualMs: Math.round(tookMs),
        detail: null,
        occurredAtMs: ackedAtMs,
      });
    },

    check(nowMs) {
      for (const channel of watched.values()) {
        const isGap = nowMs - channel.lastMs > CADENCE_LIMIT_MS;
        if (isGap && !channel.isGapTold) gap(channel, nowMs, 'goes on');
      }
    },
  };
}

/** One for each approval: found again after a restart, it is the same. */
export function approvalBreach(
  { basketId, code, approvedAtMs }: { basketId: string; code: string; approvedAtMs: number },
  { nowMs, detail }: { readonly nowMs: number; readonly detail: string },
): BasketSlaBreached | null {
  const actualMs = Math.round(nowMs - approvedAtMs);
  if (actualMs <= APPROVAL_LIMIT_MS) return null;
  return {
    breachId: `APPROVAL_TO_ACTIVE:${basketId}:${approvedAtMs}`,
    kind: 'APPROVAL_TO_ACTIVE',
    basketId,
    code,
    vendor: null,
    limitMs: APPROVAL_LIMIT_MS,
    actualMs,
    detail,
    occurredAtMs: nowMs,
  };
}
