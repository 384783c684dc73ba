/** Shares the partitions of a group between its members inside one process. */

import { randomUUID } from 'node:crypto';
import { PARTITION_COUNT } from '#kernel/partition';
import type { GroupMembership, GroupSharing, PartitionOwner } from './consumer-backend.ts';
import { partitionsOf } from './partition-assignment.ts';

interface Group {
  readonly members: Map<string, PartitionOwner>;
  /** Partition -> member that works on it, or is just finishing its batch. */
  readonly holders: Map<number, string>;
  readonly leaving: Map<number, Promise<void>>;
}

export function createInProcessGroupSharing(): GroupSharing {
  const groups = new Map<string, Group>();

  return {
    async join(topic, group, owner): Promise<GroupMembership> {
      const name = `${topic}/${group}`;
      const found = groups.get(name) ?? {
        members: new Map(),
        holders: new Map(),
        leaving: new Map(),
      };
      groups.set(name, found);
      const id = randomUUID();
      found.members.set(id, owner);
      await deal(found);
      return {
        async leave() {
          found.members.delete(id);
          const own = [...found.holders].filter(([, holder]) => holder === id);
          await Promise.all(own.map(([partition]) => giveUp(found, partition, owner)));
        },
      };
    },
    async close() {
      for (const { leaving } of groups.values()) await Promise.all(leaving.values());
    },
  };
}

/** Assigns what is free, and asks back what is another's: that follows when its batch has ended. */
async function deal(group: Group): Promise<void> {
  const { members, holders } = group;
  const wanted = new Map<number, string>();
  for (const id of members.keys()) {
    for (const partition of partitionsOf(id, [...members.keys()])) wanted.set(partition, id);
  }
  const assigned = new Map<string, number[]>();
  for (let partition = 0; partition < PARTITION_COUNT; partition += 1) {
    const next = wanted.get(partition);
    const holder = holders.get(partition);
    if (holder === undefined && next !== undefined) {
      holders.set(partition, next);
      assigned.set(next, [...(assigned.get(next) ?? []), partition]);
    } else if (holder !== undefined && holder !== next) {
      const owner = members.get(holder);
      if (owner) void giveUp(group, partition, owner);
    }
  }
  for (const [id, partitions] of assigned) await members.get(id)?.assign(partitions);
}

function giveUp(group: Group, partition: number, owner: PartitionOwner): Promise<void> {
  const running = group.leaving.get(partition);
  if (running) return running;
  const leaving = owner.revoke(partition).then(() => {
    group.leaving.delete(partition);
    group.holders.delete(partition);
    return deal(group);
  });
  group.leaving.set(partition, leaving);
  return leaving;
}
