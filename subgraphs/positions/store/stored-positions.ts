/** Reads positions as they are stored: with their lots, and how these lie in the tables. */

import type { Sql } from 'postgres';
import { invariant } from '#platform/errors';
import type { TaxLot } from '../domain/tax-lot.ts';
import { type LotChunks, lotsInOrder } from './lot-chunks.ts';
import { type SnapshotRow, summaryColumns, summaryOf } from './snapshot-codec.ts';
import type { StoredPosition } from './stored-position.ts';
import { lots } from './value-codecs.ts';

interface StoredRow extends SnapshotRow {
  readonly lots: unknown;
  readonly last_hash: string | null;
  /** Null while the lots lie in the snapshot. */
  readonly chunks: readonly { readonly no: number; readonly lots: unknown }[] | null;
}

/** In one statement, so that lots and figures are of one moment. Unknown keys are left out. */
export async function loadStored(
  sql: Sql,
  keys: readonly string[],
): Promise<ReadonlyMap<string, StoredPosition>> {
  const rows = await sql<StoredRow[]>`
    select ${summaryColumns(sql)}, lots, last_hash,
      case when lots is null then (
        select jsonb_agg(jsonb_build_object('no', chunk_no, 'lots', chunk.lots))
        from positions.lot_chunk chunk where chunk.position_key = stored.position_key
      ) end as chunks
    from positions.snapshot_store stored
    where position_key = any(${[...keys]}::text[])`;
  return new Map(rows.map((row) => [row.position_key, storedOf(row)]));
}

function storedOf(row: StoredRow): StoredPosition {
  const { figures } = summaryOf(row);
  const chunks = row.lots === null ? chunksOf(row) : null;
  const openLots = chunks === null ? lots.read(row.lots) : lotsInOrder(chunks.values());
  invariant(
    openLots.length === row.lot_count,
    `${row.position_key} has ${row.lot_count} lots, stored were ${openLots.length}`,
  );
  return { position: { ...figures, lots: openLots }, lastHash: row.last_hash, chunks };
}

function chunksOf(row: StoredRow): LotChunks {
  return new Map(
    (row.chunks ?? []).map((chunk): [number, readonly TaxLot[]] => [
      chunk.no,
      lots.read(chunk.lots),
    ]),
  );
}
