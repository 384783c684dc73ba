/** Which partitions each member of a group works on: the same answer in every process. */

import { PARTITION_COUNT } from '#kernel/partition';

/** Deals the partitions out in turn over the members, sorted by id. A stranger gets none. */
export function partitionsOf(member: string, members: readonly string[]): readonly number[] {
  const sorted = [...members].sort();
  const place = sorted.indexOf(member);
  return place === -1
    ? []
    : Array.from({ length: PARTITION_COUNT }, (_, partition) => partition).filter(
        (partition) => partition % sorted.length === place,
      );
}
