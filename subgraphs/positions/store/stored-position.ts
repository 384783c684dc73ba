/** A position as the store has it: its state, and how that lies in the tables. */

import type { Position } from '../domain/position.ts';
import type { LotChunks } from './lot-chunks.ts';

export interface StoredPosition {
  readonly position: Position;
  /** Of its last event; null before the first, and while no event of it has one. */
  readonly lastHash: string | null;
  /** Null while the lots lie in the snapshot itself. */
  readonly chunks: LotChunks | null;
}
