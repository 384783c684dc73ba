/**
 * A process's proof of life in Postgres, with leases that hang on it: renewing any number of them
 * writes one row.
 *
 * Open: renewed every third of its time to live. Lost: when a renewal finds the row gone, or when
 * none has succeeded for a whole time to live by our own clock, counted from before it was sent
 * (the database counts from later, so we always let go first). Closed: the row is deleted. From
 * lost or closed there is no way back: open another one.
 */

import { hostname } from 'node:os';
import type { Sql } from 'postgres';
import type { Logger } from '#platform/logger';

export interface LeaseSessionOptions {
  readonly sql: Sql;
  readonly ttlMs: number;
  readonly logger: Logger;
}

export const GROUP_CHANNEL = 'plumbline_groups';

export class LeaseSession {
  readonly id: string;
  readonly #options: LeaseSessionOptions;
  readonly #lost = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #renewal: Promise<void> = Promise.resolve();

  static async open(options: LeaseSessionOptions): Promise<LeaseSession> {
    const { sql, ttlMs } = options;
    const sentAtMs = performance.now();
    const [row] = await sql<{ id: string }[]>`
      insert into platform.lease_session (holder, ttl_ms, expires_at)
      values (
        ${`${hostname()}:${process.pid}`}, ${ttlMs},
        clock_timestamp() + ${ttlMs}::int * interval '1 millisecond')
      returning id::text as id`;
    return new LeaseSession(row?.id ?? '', options, sentAtMs);
  }

  private constructor(id: string, options: LeaseSessionOptions, sentAtMs: number) {
    this.id = id;
    this.#options = options;
    this.#expireAt(sentAtMs + options.ttlMs);
    this.#timer = setInterval(() => {
      this.#renewal = this.#renew();
    }, options.ttlMs / 3).unref();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Takes those of the leases that are free, in one statement: name -> fencing token. */
  async acquire(names: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    if (names.length === 0 || this.#lost.signal.aborted) return new Map();
    await deleteExpiredSessions(this.#options.sql);
    // Sorted, so that two processes never wait for each other's rows.
    const rows = await this.#options.sql<{ name: string; token: string }[]>`
      insert into platform.lease as l (name, session_id, fencing_token)
      select name, s.id, 1
      from unnest(${[...names].sort()}::text[]) with ordinality as wanted(name, place)
        join platform.lease_session s on s.id = ${this.id}::text::bigint
      order by place
      on conflict (name) do update
        set session_id = excluded.session_id, fencing_token = l.fencing_token + 1
        where l.session_id is null
      returning name, fencing_token::text as token`;
    // Others have them; or our session is gone and nobody has told us yet.
    if (rows.length < names.length) await this.#renew();
    return new Map(rows.map(({ name, token }) => [name, BigInt(token)]));
  }

  /** Also tells everyone that they are free. */
  async release(names: readonly string[]): Promise<void> {
    if (names.length === 0 || this.#lost.signal.aborted) return;
    await this.#options.sql`
      with freed as (
        update platform.lease set session_id = null
        where name = any(${[...names]}::text[]) and session_id = ${this.id}::text::bigint
        returning name)
      select pg_notify(${GROUP_CHANNEL}, '') from freed limit 1`;
  }

  async close(): Promise<void> {
    if (this.#lost.signal.aborted) return;
    clearInterval(this.#timer);
    await this.#renewal;
    this.#lose('the lease session was closed');
    const { sql, logger } = this.#options;
    await sql`
      with gone as (
        delete from platform.lease_session where id = ${this.id}::text::bigint returning id)
      select pg_notify(${GROUP_CHANNEL}, '') from gone`.catch((error: unknown) => {
      logger.debug({ err: error }, 'could not close the lease session, it will expire');
    });
  }

  async #renew(): Promise<void> {
    const { sql, ttlMs, logger } = this.#options;
    const sentAtMs = performance.now();
    try {
      const renewed = await sql`
        update platform.lease_session
        set expires_at = clock_timestamp() + ttl_ms * interval '1 millisecond'
        where id = ${this.id}::text::bigint and expires_at > clock_timestamp()
        returning id`;
      if (renewed.length === 0) return this.#lose('the lease session had expired');
      if (!this.#lost.signal.aborted) this.#expireAt(sentAtMs + ttlMs);
    } catch (error) {
      logger.warn({ err: error }, 'could not renew the lease session');
    }
  }

  #expireAt(atMs: number): void {
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => {
      this.#lose('the lease session could not be renewed in time');
    }, atMs - performance.now()).unref();
  }

  #lose(reason: string): void {
    clearInterval(this.#timer);
    clearTimeout(this.#expiry);
    if (!this.#lost.signal.aborted) this.#lost.abort(new Error(reason));
  }
}

/** Frees the leases of those who died. Skips rows under renewal rather than wait for them. */
export async function deleteExpiredSessions(sql: Sql): Promise<void> {
  await sql`
    delete from platform.lease_session where id in (
      select id from platform.lease_session
      where expires_at <= clock_timestamp() for update skip locked)`;
}
