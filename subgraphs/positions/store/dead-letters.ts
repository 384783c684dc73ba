/** Refused trades, kept whole with their reason, and told to whoever sent them. */

import type { Fragment, Sql } from 'postgres';
import { partitionOf } from '#kernel/partition';
import { tradeRefused } from '#kernel/topics/trade-refused';
import { invariant } from '#platform/errors';
import { RETRY_PAUSE_JITTER, retryPauseMs } from '../domain/dead-letter.ts';
import type { SentTradePayload } from '../domain/sent-trade.ts';

/** Of an id in the columns and in the published event. */
const MAX_SHOWN_CHARACTERS = 200;

export interface RefusedTrade {
  /** Of the trade as it was sent: the same trade refused again is the same dead letter. */
  readonly requestHash: string;
  readonly tradeId: string;
  readonly bookId: string;
  readonly accountId: string;
  readonly symbol: string;
  readonly clOrdId: string | null;
  readonly reason: string;
  readonly message: string;
  /** The trade as it was sent. */
  readonly payload: SentTradePayload;
  readonly source: string;
  readonly user: string;
  readonly correlationId: string;
  readonly causationId: string | null;
}

export type DeadLetterStore = ReturnType<typeof createDeadLetterStore>;

export function createDeadLetterStore(sql: Sql) {
  return {
    /**
     * Keeps the trades and publishes each that is new as `trade-refused`, in one statement. Answers
     * with the ids of the dead letters, in the order given.
     */
    async keep(refused: readonly RefusedTrade[]): Promise<readonly string[]> {
      const unique = new Map(refused.map((each) => [identityOf(each), each]));
      const rows = await write(sql, [...unique.values()]);
      const ids = new Map(rows.map((row) => [`${row.request_hash} ${row.reason}`, row.id]));
      return refused.map((each) => {
        const id = ids.get(identityOf(each));
        invariant(id, 'every refused trade became a dead letter');
        return id;
      });
    },
  };
}

function identityOf({ requestHash, reason }: RefusedTrade): string {
  return `${requestHash} ${reason}`;
}

interface KeptRow {
  readonly id: string;
  readonly request_hash: string;
  readonly reason: string;
}

async function write(sql: Sql, refused: readonly RefusedTrade[]): Promise<readonly KeptRow[]> {
  if (refused.length === 0) return [];
  const of = <T>(pick: (each: RefusedTrade) => T): T[] => refused.map(pick);
  return sql<KeptRow[]>`
    with input as (
      select * from unnest(
        ${of(({ requestHash }) => requestHash)}::text[],
        ${of(({ tradeId }) => shortened(tradeId))}::text[],
        ${of(({ reason }) => reason)}::text[],
        ${of(({ message }) => readable(message))}::text[],
        ${of(({ payload }) => storable(payload))}::text[]::jsonb[],
        ${of(({ source }) => source)}::text[],
        ${of(({ user }) => user)}::text[],
        ${of(({ correlationId }) => correlationId)}::text[],
        ${of(({ causationId }) => causationId)}::text[],
        ${of(({ tradeId }) => String(partitionOf(shortened(tradeId))))}::text[]::smallint[],
        ${of(publishedTextOf)}::text[]::jsonb[],
        ${of(firstPauseOf)}::text[]::int[]
      ) with ordinality as r (request_hash, trade_id, reason, message, payload, source, user_id,
        correlation_id, causation_id, partition, published, pause_ms, ord)
    ), kept as (
      insert into positions.dead_letter as letter
        (request_hash, trade_id, reason, message, payload, source, user_id, correlation_id,
          causation_id, next_attempt_at)
      select request_hash, trade_id, reason, message, payload, source, user_id, correlation_id,
        causation_id, ${inAbout(sql, sql`pause_ms`)}
      from input order by ord
      on conflict (request_hash, reason) do update set
        times_refused = letter.times_refused + 1, last_refused_at = clock_timestamp()
      returning id, request_hash, reason, times_refused
    ), published as (
      insert into platform.outbox
        (topic, partition, key, type, version, payload, correlation_id, causation_id)
      select ${tradeRefused.topic}, partition, trade_id, ${tradeRefused.name},
        ${tradeRefused.version}::int, published || jsonb_build_object('deadLetterId', id),
        correlation_id, causation_id
      from input join kept using (request_hash, reason)
      where times_refused = 1 order by ord
    )
    select id, request_hash, reason from kept`;
}

function firstPauseOf({ reason, source }: RefusedTrade): string | null {
  const pauseMs = retryPauseMs({ reason, source, automaticRetries: 0 });
  return pauseMs === null ? null : String(pauseMs);
}

/** The instant so many milliseconds from now, with jitter; null for null. */
export function inAbout(sql: Sql, pauseMs: Fragment): Fragment {
  const jitter = sql`(1 + ${RETRY_PAUSE_JITTER}::float8 * (2 * random() - 1))`;
  return sql`clock_timestamp() + ${pauseMs} * ${jitter} * interval '1 millisecond'`;
}

function publishedTextOf(refused: RefusedTrade): string {
  return JSON.stringify(
    tradeRefused.encode({
      tradeId: shortened(refused.tradeId),
      bookId: shortened(refused.bookId),
      accountId: shortened(refused.accountId),
      symbol: shortened(refused.symbol),
      clOrdId: refused.clOrdId === null ? null : shortened(refused.clOrdId),
      reason: refused.reason,
      message: readable(refused.message),
      deadLetterId: '',
      user: refused.user,
    }),
  );
}

/** Texts of a bad trade may be of any length: the dead letter's payload has them whole. */
function shortened(text: string): string {
  return readable(text.slice(0, MAX_SHOWN_CHARACTERS));
}

function storable(payload: RefusedTrade['payload']): string {
  return JSON.stringify(payload, (_field, value: unknown) =>
    typeof value === 'string' ? readable(value) : value,
  );
}

/** Control characters and half surrogate pairs, which Postgres does not store, become a mark. */
export function readable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}]/gu, '\uFFFD');
}
