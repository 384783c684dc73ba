/** Reads positions as they are stored: with their lots, and how these lie in the tables. */

import type { Sql } from 'postgres';
import { invariant } from '#platform/errors';
import { initialPosition } from '../domain/position.ts';
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
  const rows = await readRows(sql, keys);
  return new Map(rows.map((row) => [row.position_key, checked(row, storedOf(row))]));
}

/** As it lies there, right or wrong: what a check of the store reads. */
export interface UncheckedPosition extends StoredPosition {
  readonly version: number;
  /** As the snapshot counts them. */
  readonly lotCount: number;
  /** False when what is stored cannot be read as a position: then it is the empty one. */
  readonly isReadable: boolean;
}

export async function loadUnchecked(sql: Sql, key: string): Promise<UncheckedPosition | undefined> {
  const [row] = await readRows(sql, [key]);
  if (row === undefined) return undefined;
  const { last_ver: version, lot_count: lotCount, last_hash: lastHash } = row;
  const common = { version, lotCount };
  try {
    return { ...common, ...storedOf(row), isReadable: true };
  } catch {
    return { ...common, position: initialPosition, chunks: null, lastHash, isReadable: false };
  }
}

function readRows(sql: Sql, keys: readonly string[]): Promise<readonly StoredRow[]> {
  return sql<StoredRow[]>`
    select ${summaryColumns(sql)}, lots, last_hash,
      case when lots is null then (
        select jsonb_agg(jsonb_build_object('no', chunk_no, 'lots', chunk.lots))
        from positions.lot_chunk chunk where chunk.position_key = stored.position_key
      ) end as chunks
    from unnest(${[...keys]}::text[]) as asked (key) cross join lateral (
      select * from positions.snapshot_store each where each.position_key = asked.key offset 0
    ) stored`;
}

function storedOf(row: StoredRow): StoredPosition {
  const { figures } = summaryOf(row);
  const chunks = row.lots === null ? chunksOf(row) : null;
  const openLots = chunks === null ? lots.read(row.lots) : lotsInOrder(chunks.values());
  return { position: { ...figures, lots: openLots }, lastHash: row.last_hash, chunks };
}

function checked(row: StoredRow, stored: StoredPosition): StoredPosition {
  const { length } = stored.position.lots;
  invariant(
    length === row.lot_count,
    `${row.position_key} has ${row.lot_count} lots, stored were ${length}`,
  );
  return stored;
}

function chunksOf(row: StoredRow): LotChunks {
  return new Map(
    (row.chunks ?? []).map((chunk): [number, readonly TaxLot[]] => [
      chunk.no,
      lots.read(chunk.lots),
    ]),
  );
}
