/** What happened to a basket: the facts of its life, in the past tense, never changed. */

import type { BusinessDate } from '#kernel/business-date';
import type { Decimal } from '#kernel/decimal';
import type { BacktestParams } from './backtest-params.ts';
import type {
  Basket,
  Hand,
  IndexBase,
  OfficialClose,
  VendorListing,
  VendorPlan,
  VersionContent,
} from './basket.ts';
import type { Constituent } from './composition.ts';
import type { Level } from './index-level.ts';
import type { Weighing } from './weighing.ts';

/** A version laid before the checkers, or once more after an approval was taken back. */
export interface Submission {
  readonly submission: number;
  readonly versionNumber: number;
  readonly hash: string;
  readonly by: Hand;
  readonly submittedAtMs: number;
  readonly expiresAtMs: number;
  readonly required: number;
}

/** A listing begins: at the approval, the launch date, or a retry. */
export interface ListingStart {
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  readonly vendors: readonly VendorPlan[];
}

/** A corporate action as far as a basket remembers it. */
export interface AppliedAction {
  readonly actionId: string;
  /** SPLIT, SPECIAL_DIVIDEND, RIGHTS, ... */
  readonly kind: string;
  readonly symbol: string;
  readonly exDate: BusinessDate;
  /** What it did, in words. */
  readonly description: string;
}

type Typed<Type extends string, Fields = unknown> = { readonly type: Type } & Fields;

export type CompositionFact =
  | Typed<
      'BasketCreated',
      Pick<Basket, 'code' | 'name' | 'currency' | 'baseLevel' | 'delegates' | 'notional'> & {
        readonly basketId: string;
        readonly by: Hand;
        readonly launchAtMs: number | null;
        readonly version: VersionContent;
      }
    >
  | Typed<
      'BasketEdited',
      {
        readonly name: string;
        readonly by: Hand;
        /** Null keeps what there is. */
        readonly notional: Decimal | null;
        readonly launchAtMs: number | null;
        readonly delegates: readonly string[] | null;
        readonly version: VersionContent;
      }
    >
  | Typed<'BasketCancelled'>
  | Typed<'IndexBased', { readonly versionNumber: number; readonly base: IndexBase }>;

export type BacktestFact =
  | Typed<
      'BacktestTriggered',
      {
        readonly backtestId: string;
        readonly versionNumber: number;
        readonly versionHash: string;
        readonly params: BacktestParams;
        readonly deadlineMs: number;
      }
    >
  | Typed<'BacktestCompleted', { readonly backtestId: string; readonly completedAtMs: number }>
  | Typed<
      'BacktestFailed',
      {
        readonly backtestId: string;
        readonly cause: 'ERRORED' | 'TIMEOUT';
        readonly reason: string;
      }
    >
  | Typed<'BacktestCancelled', { readonly backtestId: string }>;

export type ApprovalFact =
  | Typed<'ApprovalRequested', Submission>
  | Typed<'SubmissionWithdrawn'>
  | Typed<'ChangesRequested'>
  | Typed<'SubmissionRejected'>
  | Typed<'ApprovalExpired'>
  | Typed<'ApprovalGiven', { readonly by: Hand; readonly atMs: number }>
  /** Enough have approved. What follows from it is a fact of its own. */
  | Typed<'VersionApproved', { readonly versionNumber: number; readonly hash: string }>
  | Typed<'LaunchScheduled', { readonly launchAtMs: number }>
  | Typed<'ApprovalRevoked', { readonly reopened: Submission }>;

export type ListingFact =
  | Typed<'ListingStarted', ListingStart>
  | Typed<'VendorReported', Omit<VendorListing, 'isMandatory' | 'attempts'>>
  | Typed<'ListingCompleted', { readonly level: Level; readonly atMs: number }>
  | Typed<'ListingFailed', { readonly reason: string }>
  | Typed<'ListingRetried', ListingStart>
  | Typed<'ReturnedToDraft'>;

export type RebalanceFact =
  | Typed<
      'RebalanceProposed',
      {
        readonly by: Hand;
        readonly effectiveDate: BusinessDate;
        readonly version: VersionContent;
      }
    >
  | Typed<
      'RebalanceScheduled',
      {
        readonly versionNumber: number;
        readonly effectiveDate: BusinessDate;
        readonly dueAtMs: number;
      }
    >
  | Typed<
      'RebalanceStarted',
      {
        readonly versionNumber: number;
        readonly deadlineMs: number;
        readonly level: Level;
        readonly closes: readonly OfficialClose[];
      }
    >
  | Typed<
      'RebalanceApplied',
      {
        readonly versionNumber: number;
        readonly base: IndexBase;
        /** Null when the weights stay those that were approved. */
        readonly reweighed: {
          readonly constituents: readonly Constituent[];
          readonly weighing: Weighing;
        } | null;
        readonly levelBefore: Level;
        readonly levelAfter: Level;
      }
    >
  | Typed<'RebalanceFailed', { readonly versionNumber: number; readonly reason: string }>;

export type LiveFact =
  | Typed<
      'CorporateActionApplied',
      {
        readonly action: AppliedAction;
        readonly base: IndexBase;
        /** The next version when names or weights changed; null when only units and divisor did. */
        readonly version: VersionContent | null;
        readonly levelBefore: Level;
        readonly levelAfter: Level;
      }
    >
  | Typed<
      'BasketSuspended',
      { readonly by: string; readonly as: 'O' | 'R' | 'SYS'; readonly reason: string }
    >
  | Typed<'BasketResumed'>;

export type DelistingFact =
  | Typed<
      'DelistingRequested',
      { readonly number: number; readonly by: Hand; readonly lastDate: BusinessDate }
    >
  | Typed<'DelistingConfirmed', { readonly by: Hand; readonly dueAtMs: number }>
  | Typed<'DelistingCancelRequested', { readonly by: Hand }>
  | Typed<'DelistingCancelled', { readonly by: Hand }>
  | Typed<'DelistingCompleted', { readonly isForced: boolean; readonly atMs: number }>;

export type BasketFact =
  | CompositionFact
  | BacktestFact
  | ApprovalFact
  | ListingFact
  | RebalanceFact
  | LiveFact
  | DelistingFact;

export type FactOf<Type extends BasketFact['type']> = Extract<BasketFact, { type: Type }>;

/** Tells the facts of one part of the life from the others. */
function oneOf<Type extends BasketFact['type']>(types: Readonly<Record<Type, true>>) {
  return (fact: BasketFact): fact is FactOf<Type> => Object.hasOwn(types, fact.type);
}

export const isBacktestFact = oneOf<BacktestFact['type']>({
  BacktestTriggered: true,
  BacktestCompleted: true,
  BacktestFailed: true,
  BacktestCancelled: true,
});

export const isApprovalFact = oneOf<ApprovalFact['type']>({
  ApprovalRequested: true,
  SubmissionWithdrawn: true,
  ChangesRequested: true,
  SubmissionRejected: true,
  ApprovalExpired: true,
  ApprovalGiven: true,
  VersionApproved: true,
  LaunchScheduled: true,
  ApprovalRevoked: true,
});

export const isListingFact = oneOf<ListingFact['type']>({
  ListingStarted: true,
  VendorReported: true,
  ListingCompleted: true,
  ListingFailed: true,
  ListingRetried: true,
  ReturnedToDraft: true,
});

export const isRebalanceFact = oneOf<RebalanceFact['type']>({
  RebalanceProposed: true,
  RebalanceScheduled: true,
  RebalanceStarted: true,
  RebalanceApplied: true,
  RebalanceFailed: true,
});

export const isDelistingFact = oneOf<DelistingFact['type']>({
  DelistingRequested: true,
  DelistingConfirmed: true,
  DelistingCancelRequested: true,
  DelistingCancelled: true,
  DelistingCompleted: true,
});
