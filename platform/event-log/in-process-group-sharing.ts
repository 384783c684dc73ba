/** Shares the partitions of a group between its members inside one process. */

import { randomUUID } from 'node:crypto';
import type { GroupMembership, GroupSharing, PartitionOwner } from './consumer-backend.ts';
import { partitionsOf } from './partition-assignment.ts';

interface Member {
  readonly id: string;
  readonly owner: PartitionOwner;
  readonly held: Set<number>;
}

export function createInProcessGroupSharing(): GroupSharing {
  const groups = new Map<string, Set<Member>>();
  /** Comings and goings one after the other. */
  let running: Promise<void> = Promise.resolve();

  function rebalance(members: ReadonlySet<Member>): Promise<void> {
    running = running.then(() => deal(members));
    return running;
  }

  return {
    async join(topic, group, owner): Promise<GroupMembership> {
      const name = `${topic}/${group}`;
      const members = groups.get(name) ?? new Set();
      groups.set(name, members);
      const member: Member = { id: randomUUID(), owner, held: new Set() };
      members.add(member);
      await rebalance(members);
      return {
        async leave() {
          members.delete(member);
          running = running.then(() => revokeAll(member, [...member.held]));
          await rebalance(members);
        },
      };
    },
    close: () => running,
  };
}

async function deal(members: ReadonlySet<Member>): Promise<void> {
  const ids = [...members].map(({ id }) => id);
  for (const member of members) {
    const mine = new Set(partitionsOf(member.id, ids));
    await revokeAll(member, [...member.held].filter((partition) => !mine.has(partition)));
  }
  for (const { id, owner, held } of members) {
    const missing = partitionsOf(id, ids).filter((partition) => !held.has(partition));
    for (const partition of missing) held.add(partition);
    await owner.assign(missing);
  }
}

async function revokeAll({ owner, held }: Member, partitions: readonly number[]): Promise<void> {
  await Promise.all(partitions.map((partition) => owner.revoke(partition)));
  for (const partition of partitions) held.delete(partition);
}
