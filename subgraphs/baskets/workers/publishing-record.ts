/**
 * Keeps what was handed to vendors, and the breaches, until they are stored, a batch each second.
 * A crash loses the record of that second, never a sequence number: those are reserved beforehand.
 */

import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';
import type { Logger } from '#platform/logger';
import type { Publication } from '../domain/vendor.ts';
import type { PublicationStore, RecordedPost } from '../store/publications.ts';
import type { SlaBreachStore } from '../store/sla-breaches.ts';

export const RECORD_EVERY_MS = 1_000;
const POSTS_PER_WRITE = 2_000;
/** While the database is away; beyond it the oldest are given up, and said so. */
const MAX_POSTS_KEPT = 100_000;
const MAX_BREACHES_KEPT = 10_000;
const BREACHES_PER_WRITE = 1_000;

export interface PublishingRecord {
  keep(publication: Publication): void;
  keepBreach(breach: BasketSlaBreached): void;
  /** Stores what is there. Throws when that fails; it is kept then. */
  flush(): Promise<void>;
}

export function createPublishingRecord({
  publications,
  breaches,
  onBreach,
  logger,
}: {
  readonly publications: Pick<PublicationStore, 'record'>;
  readonly breaches: Pick<SlaBreachStore, 'record'>;
  /** Stored for the first time. */
  readonly onBreach: (breach: BasketSlaBreached) => void;
  readonly logger: Logger;
}): PublishingRecord {
  const posts = new Map<string, RecordedPost>();
  const found = new Map<string, BasketSlaBreached>();

  function dropOldest(kept: Map<string, unknown>, max: number, what: string): void {
    if (kept.size <= max) return;
    const [oldest] = kept.keys();
    if (oldest !== undefined) kept.delete(oldest);
    logger.error({ max }, `ALARM: the database is away, ${what} go without a record`);
  }

  return {
    keep(publication) {
      const row = recordOf(publication);
      if (!row) return;
      const { vendor, update, sequence } = row.post;
      posts.set(`${vendor} ${update.code} ${sequence}`, row);
      dropOldest(posts, MAX_POSTS_KEPT, 'prices');
    },

    keepBreach(breach) {
      found.set(breach.breachId, breach);
      dropOldest(found, MAX_BREACHES_KEPT, 'breaches');
    },

    async flush() {
      for (const batch of batchesOf([...posts], POSTS_PER_WRITE)) {
        await publications.record(batch.map(([, row]) => row));
        for (const [key, row] of batch) if (posts.get(key) === row) posts.delete(key);
      }
      for (const batch of batchesOf([...found], BREACHES_PER_WRITE)) {
        for (const each of await breaches.record(batch.map(([, breach]) => breach))) onBreach(each);
        for (const [key] of batch) found.delete(key);
      }
    },
  };
}

function recordOf(publication: Publication): RecordedPost | null {
  switch (publication.kind) {
    case 'CONFLATED':
      return null;
    case 'SENT':
    case 'SUPERSEDED':
      return { post: publication.post, outcome: publication.kind, ackedAtMs: null, nak: null };
    case 'ACKED': {
      const { post, ackedAtMs } = publication;
      return { post, outcome: 'ACKED', ackedAtMs, nak: null };
    }
    case 'REFUSED': {
      const { post, code, text } = publication;
      return { post, outcome: 'REFUSED', ackedAtMs: null, nak: `${code} ${text}` };
    }
    case 'DEAD':
      return { post: publication.post, outcome: 'DEAD', ackedAtMs: null, nak: publication.text };
  }
}

function batchesOf<Item>(items: readonly Item[], size: number): readonly Item[][] {
  const batches: Item[][] = [];
  for (let at = 0; at < items.length; at += size) batches.push(items.slice(at, at + size));
  return batches;
}
