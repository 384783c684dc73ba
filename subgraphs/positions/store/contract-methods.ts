/** How far another relief method of a contract has come through its positions. */

import type { Sql } from 'postgres';
import { type BusinessDate, startOfUtcDay, utcDateOf } from '#kernel/business-date';
import { instantText } from '#platform/instant-column';
import type { RecordedDefinition } from './contracts.ts';

/** A definition whose method has begun and is not yet in every position. */
export interface DueMethod {
  readonly contractId: string;
  readonly version: number;
}

export interface MethodInForce {
  readonly contractId: string;
  readonly definition: RecordedDefinition;
}

export type ContractMethods = ReturnType<typeof createContractMethods>;

export function createContractMethods(sql: Sql) {
  return {
    /** Longest due first. */
    async due(today: BusinessDate, limit: number): Promise<readonly DueMethod[]> {
      const rows = await sql<{ contract_id: string; version: number }[]>`
        select contract_id, version from positions.contract
        where method_applied_at is null and effective_from <= ${today}
        order by effective_from, contract_id, version limit ${limit}`;
      return rows.map((row) => ({ contractId: row.contract_id, version: row.version }));
    },

    /**
     * Keys, after one and in order, of the contract's positions that another method concerns. They
     * were there before it was defined and had begun, and are kept by another one; or it began
     * before it was defined, and they have counted something since.
     */
    async positionsToChange(
      { contractId, definition }: MethodInForce,
      { after, limit }: { readonly after: string; readonly limit: number },
    ): Promise<readonly string[]> {
      const { reliefMethod, effectiveFrom, definedAtMs } = definition;
      const isRetroactive = effectiveFrom < utcDateOf(definedAtMs);
      const sinceMs = Math.max(definedAtMs + 1, startOfUtcDay(effectiveFrom));
      const rows = await sql<{ position_key: string }[]>`
        select position_key from positions.snapshot_store snapshot
        where contract_id = ${contractId} and position_key > ${after}
          and (relief_method <> ${reliefMethod}
            or ${isRetroactive} and last_effective_date > ${effectiveFrom})
          and exists (
            select from positions.event_store event
            where event.position_key = snapshot.position_key and event_ver = 1
              and recorded_at < ${instantText(sinceMs)})
        order by position_key limit ${limit}`;
      return rows.map((row) => row.position_key);
    },

    async markApplied({ contractId, version }: DueMethod): Promise<void> {
      await sql`
        update positions.contract set method_applied_at = clock_timestamp()
        where contract_id = ${contractId} and version = ${version}`;
    },
  };
}
