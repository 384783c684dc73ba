/** What resolvers of a type receive, where it is not what the schema shows. */

import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';
import type { BasketRefusalReason } from '../domain/refusal-reason.ts';
import type { WeighedName, Weighing } from '../domain/weighing.ts';
import type { AuditRow, BasketRow, ConstituentRow, VersionRow } from '../store/basket-rows.ts';
import type { ApprovalRow, DelistingRow, GivenApprovalRow } from '../store/approval-reader.ts';
import type { BacktestRow } from '../store/backtests.ts';
import type { Reconciliation } from '../store/vendor-reconciliations.ts';
import type { ListingRow } from '../store/vendor-standings.ts';
import type { VendorService } from '../use-cases/watch-vendors.ts';
import type { RebalanceView } from './present-backtest.ts';
import type { LevelView } from './present.ts';

export type BasketParent = BasketRow;
export type BasketVersionParent = VersionRow;
export type WeighingParent = Weighing;
export type WeighingInputParent = WeighedName;
export type ConstituentParent = ConstituentRow;
/** With its sequence where it comes from the stream. */
export type BasketTransitionParent = AuditRow & { readonly sequence?: string };
export type BasketApprovalParent = ApprovalRow;
export type GivenApprovalParent = GivenApprovalRow;
export type BasketDelistingParent = DelistingRow;
export type BasketLevelParent = LevelView;
export type BacktestParent = BacktestRow;
export type BacktestRebalanceParent = RebalanceView;

export interface BasketCommandAcceptedParent {
  readonly __typename: 'BasketCommandAccepted';
  readonly basketId: string;
  /** Null when nothing was left to do. */
  readonly transitionNumber: number | null;
}

export interface BasketCommandRefusedParent {
  readonly __typename: 'BasketCommandRefused';
  readonly basketId: string | null;
  readonly reason: BasketRefusalReason;
  readonly message: string;
}

export type VendorListingParent = ListingRow;
export type VendorServiceParent = VendorService;
export type VendorReconciliationParent = Reconciliation;
/** With its sequence where it comes from the stream. */
export type SlaBreachParent = BasketSlaBreached & { readonly sequence?: string };
