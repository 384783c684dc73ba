/** Leases kept in Postgres; they expire by the clock of the database. */

import type { Sql } from 'postgres';
import type { Logger } from '#platform/logger';
import type { HeldLease, Lease } from '#platform/ports';
import { LeaseSession } from './lease-session.ts';

export function createPostgresLease({ sql, logger }: { sql: Sql; logger: Logger }): Lease {
  /** One session per time to live, opened at the first need and again after a loss. */
  const sessions = new Map<number, Promise<LeaseSession>>();

  function sessionFor(ttlMs: number): Promise<LeaseSession> {
    const open = sessions.get(ttlMs);
    if (open) return open;
    const session = openSession(ttlMs).catch((error: unknown) => {
      sessions.delete(ttlMs);
      throw error;
    });
    sessions.set(ttlMs, session);
    return session;
  }

  async function openSession(ttlMs: number): Promise<LeaseSession> {
    const session = await LeaseSession.open({ sql, ttlMs, logger });
    session.lost.addEventListener('abort', () => sessions.delete(ttlMs));
    return session;
  }

  return {
    async tryAcquire(name, { ttlMs }) {
      for (let tries = 1; tries <= 2; tries += 1) {
        const session = await sessionFor(ttlMs);
        const token = (await session.acquire([name])).get(name);
        if (token !== undefined) return heldLease(name, token, session);
        // Not free; or the session was found lost in trying, and the next one is a new one.
        if (!session.lost.aborted) return undefined;
      }
      return undefined;
    },
    async close() {
      const opened = [...sessions.values()];
      const closings = opened.map(async (session) => (await session).close());
      await Promise.allSettled(closings);
    },
  };
}

function heldLease(name: string, fencingToken: bigint, session: LeaseSession): HeldLease {
  const released = new AbortController();
  return {
    name,
    fencingToken,
    lost: AbortSignal.any([released.signal, session.lost]),
    async release() {
      if (released.signal.aborted) return;
      released.abort(new Error(`the lease ${name} was released`));
      await session.release([name]);
    },
  };
}
