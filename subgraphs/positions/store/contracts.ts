/** Contracts and all that was ever said about them. */

import type { Fragment, Sql } from 'postgres';
import { businessDate } from '#kernel/business-date';
import { partitionOf } from '#kernel/partition';
import { contractDefined } from '#kernel/topics/contract-defined';
import type { PageRequest } from '#platform/connection';
import { invariant } from '#platform/errors';
import { instantOf } from '#platform/instant-column';
import type { Contract, ContractDefinition } from '../domain/contract.ts';
import { LOT_RELIEF_METHODS } from '../domain/lot-relief.ts';

export interface RecordedDefinition extends ContractDefinition {
  readonly definedAtMs: number;
  readonly user: string;
  readonly correlationId: string;
}

export interface RecordedContract extends Contract {
  readonly definitions: readonly [RecordedDefinition, ...RecordedDefinition[]];
}

export interface DefinitionOrigin {
  readonly user: string;
  readonly correlationId: string;
}

export type ContractStore = ReturnType<typeof createContractStore>;

export function createContractStore(sql: Sql) {
  return {
    /** By id in upper case; unknown ones are left out. */
    async byIds(contractIds: readonly string[]): Promise<ReadonlyMap<string, RecordedContract>> {
      const rows = await sql<ContractRow[]>`
        select ${contractColumns(sql)} from positions.contract
        where contract_id = any(${[...contractIds]}::text[])
        order by contract_id, version`;
      return contractsOf(rows);
    },

    /** In order of id; one more than asked when there is a next page. */
    async list(page: PageRequest): Promise<readonly RecordedContract[]> {
      const rows = await sql<ContractRow[]>`
        select ${contractColumns(sql)} from positions.contract
        where contract_id in (
          select contract_id from positions.contract
          where version = 1 and contract_id > ${page.after?.[0] ?? ''}
          order by contract_id limit ${page.first + 1})
        order by contract_id, version`;
      return [...contractsOf(rows).values()];
    },

    /** False when somebody else wrote that version first. Publishes `contract-defined`. */
    async append(
      contractId: string,
      definition: ContractDefinition,
      { user, correlationId }: DefinitionOrigin,
    ): Promise<boolean> {
      const { isLongOnly, hasWashSales, ...rest } = definition;
      const published = contractDefined.encode({ contractId, user, ...definition });
      const rows = await sql`
        with added as (
          insert into positions.contract
            (contract_id, version, relief_method, effective_from, long_only, wash_sales,
              books_closed_before, user_id, correlation_id)
          values (${contractId}, ${rest.version}, ${rest.reliefMethod}, ${rest.effectiveFrom},
            ${isLongOnly}, ${hasWashSales}, ${rest.booksClosedBefore}, ${user}, ${correlationId})
          on conflict do nothing
          returning contract_id
        ), told as (
          insert into platform.outbox
            (topic, partition, key, type, version, payload, correlation_id)
          select ${contractDefined.topic}, ${partitionOf(contractId)}::smallint, contract_id,
            ${contractDefined.name}, ${contractDefined.version}::int,
            ${JSON.stringify(published)}::text::jsonb, ${correlationId}
          from added
        )
        select from added`;
      return rows.length === 1;
    },
  };
}

interface ContractRow {
  readonly contract_id: string;
  readonly version: number;
  readonly relief_method: string;
  readonly effective_from: string;
  readonly long_only: boolean;
  readonly wash_sales: boolean;
  readonly books_closed_before: string | null;
  readonly defined_at: string;
  readonly user_id: string;
  readonly correlation_id: string;
}

function contractColumns(sql: Sql): Fragment {
  return sql`contract_id, version, relief_method, effective_from, long_only, wash_sales,
    books_closed_before, defined_at::text, user_id, correlation_id`;
}

/** Rows come in order of contract and version. */
function contractsOf(rows: readonly ContractRow[]): ReadonlyMap<string, RecordedContract> {
  const contracts = new Map<string, RecordedContract>();
  for (const row of rows) {
    const contractId = row.contract_id;
    const definition = definitionOf(row);
    const known = contracts.get(contractId);
    contracts.set(contractId, {
      contractId,
      definitions: known === undefined ? [definition] : [...known.definitions, definition],
    });
  }
  return contracts;
}

function definitionOf(row: ContractRow): RecordedDefinition {
  const reliefMethod = LOT_RELIEF_METHODS.find((each) => each === row.relief_method);
  invariant(reliefMethod, `stored method ${row.relief_method} is known`);
  return {
    version: row.version,
    reliefMethod,
    effectiveFrom: businessDate(row.effective_from),
    isLongOnly: row.long_only,
    hasWashSales: row.wash_sales,
    booksClosedBefore:
      row.books_closed_before === null ? null : businessDate(row.books_closed_before),
    definedAtMs: instantOf(row.defined_at),
    user: row.user_id,
    correlationId: row.correlation_id,
  };
}
