/**
 * Prices that were handed to vendors, in Postgres: sequences that never go back, and the record.
 */

import type { Sql } from 'postgres';
import { instantText } from '#platform/instant-column';
import { type Level, level } from '../domain/index-level.ts';
import type { Post, SequenceSource } from '../domain/vendor.ts';

export const PUBLICATION_OUTCOMES = ['SENT', 'ACKED', 'REFUSED', 'SUPERSEDED', 'DEAD'] as const;
export type PublicationOutcome = (typeof PUBLICATION_OUTCOMES)[number];

/** A post and what became of it so far. */
export interface RecordedPost {
  readonly post: Post;
  readonly outcome: PublicationOutcome;
  readonly ackedAtMs: number | null;
  /** Code and text of a refusal, or why it was given up. */
  readonly nak: string | null;
}

export interface LastAcked {
  readonly vendor: string;
  readonly basketId: string;
  readonly ackedAtMs: number;
}

export type PublicationStore = ReturnType<typeof createPublicationStore>;

export function createPublicationStore(sql: Sql) {
  return {
    sequences: sequencesOf(sql),

    /** Idempotent; a post that has its outcome keeps it. Of baskets that are not known: nothing. */
    async record(posts: readonly RecordedPost[]): Promise<void> {
      if (posts.length === 0) return;
      await sql.begin(async (tx) => {
        await tx`${upsertOf(sql, posts)}`;
        await tx`${channelsOf(sql, posts)}`;
      });
    },

    /** What vendors were told last of each basket; none for one that was never published. */
    async lastLevels(basketIds: readonly string[]): Promise<ReadonlyMap<string, Level>> {
      const rows = await sql<{ basketId: string; level: bigint }[]>`
        select distinct on (c.basket_id) c.basket_id as "basketId", last.level
        from baskets.vendor_channel c
          cross join lateral (
            select p.level, p.sent_at from baskets.vendor_publication p
            where p.vendor = c.vendor and p.basket_id = c.basket_id
            order by p.sequence desc limit 1) last
        where c.basket_id = any(${[...basketIds]}::text[])
        order by c.basket_id, last.sent_at desc`;
      return new Map(rows.map((row) => [row.basketId, level(row.level)]));
    },

    async lastAcked(basketIds: readonly string[]): Promise<readonly LastAcked[]> {
      const rows = await sql<{ vendor: string; basketId: string; ackedAtMs: bigint }[]>`
        select vendor, basket_id as "basketId",
          (extract(epoch from last_acked_at) * 1000)::bigint as "ackedAtMs"
        from baskets.vendor_channel
        where basket_id = any(${[...basketIds]}::text[]) and last_acked_at is not null`;
      return rows.map((row) => ({ ...row, ackedAtMs: Number(row.ackedAtMs) }));
    },

    /** Takes rows sent before that moment away, at most `limit`; answers how many. */
    async forget(beforeMs: number, limit: number): Promise<number> {
      const gone = await sql`
        delete from baskets.vendor_publication
        where (vendor, basket_id, sequence) in (
          select vendor, basket_id, sequence from baskets.vendor_publication
          where sent_at < ${instantText(beforeMs)}::text::timestamptz
          order by sent_at limit ${limit})`;
      return gone.count;
    },
  };
}

function sequencesOf(sql: Sql): SequenceSource {
  return {
    async reserve({ vendor, code, count }) {
      const [row] = await sql<{ last: bigint }[]>`
        insert into baskets.vendor_channel as c (vendor, basket_id, last_sequence)
        select ${vendor}, basket_id, ${String(count)}::text::bigint
        from baskets.basket where code = ${code}
        on conflict (vendor, basket_id) do update
          set last_sequence = c.last_sequence + excluded.last_sequence
        returning last_sequence as last`;
      if (!row) throw new Error(`no basket has the code ${code}`);
      return row.last - BigInt(count) + 1n;
    },
  };
}

function upsertOf(sql: Sql, posts: readonly RecordedPost[]) {
  return sql`
    insert into baskets.vendor_publication as p
      (vendor, basket_id, sequence, post_id, level, quality, valued_at, sent_at, acked_at, outcome,
       nak, attempts, endpoint)
    select f.vendor, b.basket_id, f.sequence, f.post_id, f.level, f.quality, f.valued_at,
      f.sent_at, f.acked_at, f.outcome, f.nak, f.attempts, f.endpoint
    from unnest(
        ${posts.map(({ post }) => post.vendor)}::text[],
        ${posts.map(({ post }) => post.update.code)}::text[],
        ${posts.map(({ post }) => String(post.sequence))}::text[]::bigint[],
        ${posts.map(({ post }) => String(post.postId))}::text[]::bigint[],
        ${posts.map(({ post }) => String(post.update.level))}::text[]::bigint[],
        ${posts.map(({ post }) => post.update.quality)}::text[],
        ${posts.map(({ post }) => instantText(post.update.valuedAtMs))}::text[]::timestamptz[],
        ${posts.map(({ post }) => instantText(post.sentAtMs))}::text[]::timestamptz[],
        ${posts.map(({ ackedAtMs }) => ackedAtMs && instantText(ackedAtMs))}
          ::text[]::timestamptz[],
        ${posts.map(({ outcome }) => outcome as string)}::text[],
        ${posts.map(({ nak }) => nak)}::text[],
        ${posts.map(({ post }) => String(post.attempts))}::text[]::int[],
        ${posts.map(({ post }) => post.endpoint as string)}::text[])
        as f(vendor, code, sequence, post_id, level, quality, valued_at, sent_at, acked_at,
          outcome, nak, attempts, endpoint)
      join baskets.basket b on b.code = f.code
    on conflict (vendor, basket_id, sequence) do update set
      acked_at = excluded.acked_at, outcome = excluded.outcome, nak = excluded.nak,
      attempts = excluded.attempts, endpoint = excluded.endpoint
    where p.outcome = 'SENT'`;
}

function channelsOf(sql: Sql, posts: readonly RecordedPost[]) {
  return sql`
    update baskets.vendor_channel c set
      last_sent_at = greatest(c.last_sent_at, n.sent_at),
      last_acked_sequence = greatest(c.last_acked_sequence, n.acked),
      last_acked_at = greatest(c.last_acked_at, n.acked_at)
    from (
      select f.vendor, b.basket_id, max(f.sent_at) as sent_at, max(f.acked_at) as acked_at,
        max(f.sequence) filter (where f.acked_at is not null) as acked
      from unnest(
          ${posts.map(({ post }) => post.vendor)}::text[],
          ${posts.map(({ post }) => post.update.code)}::text[],
          ${posts.map(({ post }) => String(post.sequence))}::text[]::bigint[],
          ${posts.map(({ post }) => instantText(post.sentAtMs))}::text[]::timestamptz[],
          ${posts.map(({ ackedAtMs }) => ackedAtMs && instantText(ackedAtMs))}
            ::text[]::timestamptz[])
          as f(vendor, code, sequence, sent_at, acked_at)
        join baskets.basket b on b.code = f.code
      group by f.vendor, b.basket_id) n
    where c.vendor = n.vendor and c.basket_id = n.basket_id`;
}
