/** A position computed anew from its history, with every late event in its place. */

import type { BusinessDate } from '#kernel/business-date';
import type { Figures, LotState } from './position.ts';
import type { Restatement } from './position-event.ts';

export interface Recalculated {
  /** The last event counted. */
  readonly basedOnVersion: number;
  /** The first day it concerns. */
  readonly effectiveDate: BusinessDate;
  /** Versions of the late events that are now in their place, oldest first. */
  readonly settles: readonly number[];
  readonly causedBy: readonly string[];
  readonly beforeTrade: Figures;
  readonly replayedCount: number;
  readonly restatements: readonly Restatement[];
  readonly state: LotState;
}
