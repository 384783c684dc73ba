/**
 * Shares the partitions of consumer groups between processes: members are rows that hang on a
 * lease session, partitions are leases. Everyone computes the same assignment from the list of
 * members, gives up what is another's, and takes what is its own as soon as it is free.
 *
 * A round runs when a member comes or goes, when a lease becomes free (both by notification), and
 * every third of the time to live, which is how the death of a process is noticed.
 */

import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { deleteExpiredSessions, GROUP_CHANNEL, LeaseSession } from '#platform/lease/lease-session';
import type { Logger } from '#platform/logger';
import type { PostgresNotifications } from '#platform/postgres-notifications';
import type { GroupMembership, GroupSharing, PartitionOwner } from './consumer-backend.ts';
import { partitionsOf } from './partition-assignment.ts';

interface SharingOptions {
  readonly sql: Sql;
  readonly notifications: PostgresNotifications;
  readonly logger: Logger;
  readonly ttlMs: number;
}

interface Member {
  readonly id: string;
  readonly topic: string;
  readonly group: string;
  readonly owner: PartitionOwner;
  /** Of the session they were taken in. */
  readonly held: Set<number>;
  readonly leaving: Map<number, Promise<void>>;
}

export class PostgresGroupSharing implements GroupSharing {
  readonly #options: SharingOptions;
  readonly #members = new Map<string, Member>();
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;
  #session: LeaseSession | undefined;
  #running: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: SharingOptions) {
    this.#options = options;
    const round = (): void => {
      if (this.#members.size > 0) void this.#round();
    };
    this.#stopListening = options.notifications.on(GROUP_CHANNEL, round);
    this.#timer = setInterval(round, options.ttlMs / 3).unref();
  }

  async join(topic: string, group: string, owner: PartitionOwner): Promise<GroupMembership> {
    const member: Member = {
      id: randomUUID(),
      topic,
      group,
      owner,
      held: new Set(),
      leaving: new Map(),
    };
    this.#members.set(member.id, member);
    await this.#round();
    return { leave: () => this.#leave(member) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#stopListening();
    await this.#running;
    await this.#session?.close();
  }

  /** One round at a time; those who ask while one runs share the next. */
  #round(): Promise<void> {
    this.#queued ??= this.#running.then(() => {
      this.#queued = undefined;
      this.#running = this.#rebalance().catch((error: unknown) => {
        this.#options.logger.warn({ err: error }, 'could not share partitions, will try again');
      });
      return this.#running;
    });
    return this.#queued;
  }

  async #rebalance(): Promise<void> {
    if (this.#isClosed) return;
    const session = await this.#openSession();
    await deleteExpiredSessions(this.#options.sql);
    const membersByGroup = await this.#registerAll(session);
    const missing = new Map<string, { member: Member; partition: number }>();
    for (const member of this.#members.values()) {
      const mine = new Set(
        partitionsOf(member.id, membersByGroup.get(groupName(member.topic, member.group)) ?? []),
      );
      for (const partition of member.held) {
        if (!mine.has(partition)) this.#giveUp(session, member, partition);
      }
      for (const partition of mine) {
        if (member.held.has(partition) || member.leaving.has(partition)) continue;
        missing.set(leaseName(member, partition), { member, partition });
      }
    }
    await this.#take(session, missing);
  }

  async #take(
    session: LeaseSession,
    missing: ReadonlyMap<string, { member: Member; partition: number }>,
  ): Promise<void> {
    const acquired = await session.acquire([...missing.keys()]);
    const newByMember = new Map<Member, number[]>();
    for (const name of acquired.keys()) {
      const found = missing.get(name);
      if (!found) continue;
      found.member.held.add(found.partition);
      newByMember.set(found.member, [...(newByMember.get(found.member) ?? []), found.partition]);
    }
    for (const [member, partitions] of newByMember) {
      try {
        await member.owner.assign(partitions);
        if (session.lost.aborted) member.owner.lose(session.lost.reason);
      } catch (error) {
        this.#options.logger.warn({ err: error }, 'could not start on partitions, will try again');
        for (const partition of partitions) this.#giveUp(session, member, partition);
      }
    }
  }

  #giveUp(session: LeaseSession, member: Member, partition: number): void {
    member.held.delete(partition);
    const leaving = member.owner
      .revoke(partition)
      .then(() => session.release([leaseName(member, partition)]))
      .catch((error: unknown) => {
        this.#options.logger.warn({ err: error, partition }, 'could not release a partition');
      })
      .finally(() => member.leaving.delete(partition));
    member.leaving.set(partition, leaving);
  }

  async #leave(member: Member): Promise<void> {
    if (!this.#members.delete(member.id)) return;
    await this.#running;
    await Promise.all([...member.held].map((partition) => member.owner.revoke(partition)));
    await Promise.all(member.leaving.values());
    const session = this.#session;
    if (!session || session.lost.aborted) return;
    const names = [...member.held].map((partition) => leaseName(member, partition));
    await this.#tellGone(session, member, names).catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'could not leave a group, the lease will expire');
    });
  }

  async #tellGone(session: LeaseSession, member: Member, names: readonly string[]): Promise<void> {
    await this.#options.sql`
      with gone as (delete from platform.consumer_member where id = ${member.id}),
        freed as (
          update platform.lease set session_id = null
          where name = any(${[...names]}::text[]) and session_id = ${session.id}::text::bigint)
      select pg_notify(${GROUP_CHANNEL}, '')`;
  }

  async #openSession(): Promise<LeaseSession> {
    if (this.#session && !this.#session.lost.aborted) return this.#session;
    for (const member of this.#members.values()) member.held.clear();
    const session = await LeaseSession.open(this.#options);
    this.#session = session;
    session.lost.addEventListener('abort', () => {
      for (const { owner } of this.#members.values()) owner.lose(session.lost.reason);
      if (!this.#isClosed) void this.#round();
    });
    return session;
  }

  /** Makes the list of members name ours: they are new, or went with the session before. */
  async #registerAll(session: LeaseSession): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = await this.#membersByGroup();
    const strangers = [...this.#members.values()].filter(
      ({ id, topic, group }) => found.get(groupName(topic, group))?.includes(id) !== true,
    );
    if (strangers.length === 0) return found;
    await this.#options.sql`
      with joined as (
        insert into platform.consumer_member (id, session_id, topic, consumer_group)
        select m.id, s.id, m.topic, m.consumer_group
        from unnest(
          ${strangers.map(({ id }) => id)}::text[],
          ${strangers.map(({ topic }) => topic)}::text[],
          ${strangers.map(({ group }) => group)}::text[]) as m(id, topic, consumer_group)
          join platform.lease_session s on s.id = ${session.id}::text::bigint
        on conflict (id) do update set session_id = excluded.session_id)
      select pg_notify(${GROUP_CHANNEL}, '')`;
    return this.#membersByGroup();
  }

  async #membersByGroup(): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await this.#options.sql<{ topic: string; group: string; ids: string[] }[]>`
      select topic, consumer_group as group, array_agg(id) as ids
      from platform.consumer_member
      where consumer_group = any(${[...this.#members.values()].map(({ group }) => group)}::text[])
      group by topic, consumer_group`;
    return new Map(rows.map(({ topic, group, ids }) => [groupName(topic, group), ids]));
  }
}

function groupName(topic: string, group: string): string {
  return `${topic}/${group}`;
}

function leaseName({ topic, group }: Member, partition: number): string {
  return `consume/${groupName(topic, group)}/${partition}`;
}
