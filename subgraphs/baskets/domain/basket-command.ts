/** What can be asked of a basket, by people and by the platform itself. */

import type { BusinessDate } from '#kernel/business-date';
import type { Decimal } from '#kernel/decimal';
import type { CurrencyCode } from '#kernel/money';
import type { BacktestParams, PriceGaps } from './backtest-params.ts';
import type { IndexBase, OfficialClose, VendorListing, VendorPlan } from './basket.ts';
import type { Caller } from './basket-caller.ts';
import type { AppliedAction } from './basket-fact.ts';
import type { Constituent, ReferenceData } from './composition.ts';
import type { Level } from './index-level.ts';
import type { BasketEvent } from './transition-table.ts';
import type { ProposedConstituent, ProposedRule, Weighing } from './weighing.ts';
import type { WeightingScheme } from './weighting-schemes.ts';

/** Who asks, when, and what of the basket was seen. */
export interface Asked {
  readonly by: Caller;
  readonly atMs: number;
  readonly comment: string | null;
  /** Number of the version in hand; null when the caller does not say. */
  readonly seenVersion: number | null;
  /** Null when the caller does not say. */
  readonly seenRevision: number | null;
}

/** The days on which an index is computed, and when they end. */
export interface IndexCalendar {
  readonly isIndexDay: (date: BusinessDate) => boolean;
  /** Whether all names can be traded. */
  readonly isTradingDay: (date: BusinessDate) => boolean;
  /** Epoch milliseconds from which the closes of the day are official. */
  readonly closesAtMs: (date: BusinessDate) => number;
}

interface Known {
  readonly reference: ReferenceData;
  /** Hash of a text; the same for ever. */
  readonly hash: (text: string) => string;
}

export interface CreateBasket extends Known {
  readonly type: 'CreateBasket';
  readonly basketId: string;
  readonly code: string;
  readonly name: string;
  readonly currency: CurrencyCode;
  readonly weighting: WeightingScheme;
  readonly rule: ProposedRule;
  readonly baseLevel: Decimal;
  readonly constituents: readonly ProposedConstituent[];
  readonly notional: Decimal | null;
  readonly launchAtMs: number | null;
  /** Null for everybody with the right to write. */
  readonly delegates: readonly string[] | null;
}

export interface EditBasket extends Known {
  readonly type: 'EditBasket';
  /** Null keeps the name. */
  readonly name: string | null;
  /** Null keeps the weighting. */
  readonly weighting: WeightingScheme | null;
  /** Null keeps that of the version, as far as the weighting stays. */
  readonly rule: ProposedRule | null;
  /** Null keeps the names. */
  readonly constituents: readonly ProposedConstituent[] | null;
  /** Null keeps it. */
  readonly notional: Decimal | null;
  /** Null keeps it. */
  readonly launchAtMs: number | null;
  /** Null keeps them. */
  readonly delegates: readonly string[] | null;
}

export interface TriggerBacktest {
  readonly type: 'TriggerBacktest';
  readonly backtestId: string;
  readonly params: BacktestParams;
  readonly today: BusinessDate;
  readonly gaps: PriceGaps;
  readonly reference: ReferenceData;
  /** Backtests of everybody that wait or run. */
  readonly queued: number;
}

export interface RebalanceBasket extends Known {
  readonly type: 'RebalanceBasket';
  /** Null keeps the weighting. */
  readonly weighting: WeightingScheme | null;
  /** Null keeps that of the version, as far as the weighting stays. */
  readonly rule: ProposedRule | null;
  readonly constituents: readonly ProposedConstituent[] | null;
  /** Null for the next day of the index. */
  readonly effectiveDate: BusinessDate | null;
  readonly calendar: IndexCalendar;
}

type Typed<Type extends string, Fields = unknown> = { readonly type: Type } & Fields;

/** Who a basket is listed with when the listing starts. */
interface ToList {
  readonly vendors: readonly VendorPlan[];
}

export interface SubmitForApproval {
  readonly type: 'SubmitForApproval';
  readonly reference: ReferenceData;
  readonly calendar: IndexCalendar;
  /** The last backtest, when an input of it was corrected since; null while none was. */
  readonly superseded: SupersededBacktest | null;
}

export interface SupersededBacktest {
  readonly backtestId: string;
  readonly because: string;
}

export type PeoplesCommand =
  | CreateBasket
  | EditBasket
  | TriggerBacktest
  | RebalanceBasket
  | Typed<'CancelBacktest'>
  | SubmitForApproval
  | Typed<'WithdrawSubmission'>
  | Typed<'ApproveBasket', ToList & { readonly calendar: IndexCalendar }>
  | Typed<'RequestChanges'>
  | Typed<'RejectBasket'>
  | Typed<'RevokeApproval', { readonly calendar: IndexCalendar }>
  | Typed<'RetryListing', ToList>
  | Typed<'ReturnToDraft'>
  | Typed<'Suspend'>
  /** What still speaks against going on; null for nothing. */
  | Typed<'Resume', { readonly standingCause: string | null }>
  | Typed<
      'RequestDelisting',
      {
        /** Null confirms what was asked for, or asks for the next index day. */
        readonly lastDate: BusinessDate | null;
        readonly today: BusinessDate;
        readonly calendar: IndexCalendar;
      }
    >
  | Typed<'CancelDelisting'>
  | Typed<'CancelBasket'>;

export type PlatformsCommand =
  | Typed<'CompleteBacktest', { readonly backtestId: string; readonly versionHash: string }>
  | Typed<
      'FailBacktest',
      { readonly backtestId: string; readonly versionHash: string; readonly reason: string }
    >
  | Typed<'TimeOutBacktest'>
  | Typed<'ExpireApproval'>
  | Typed<'Launch', ToList & { readonly reference: ReferenceData }>
  | Typed<'ReportVendor', Omit<VendorListing, 'isMandatory' | 'attempts'>>
  /** Null without a valid valuation. */
  | Typed<'CompleteListing', { readonly level: Level | null }>
  /** Null when the two minutes are over. */
  | Typed<'ExhaustListing', { readonly reason: string | null }>
  | Typed<
      'StartRebalance',
      {
        readonly versionNumber: number;
        readonly level: Level;
        readonly closes: readonly OfficialClose[];
      }
    >
  | Typed<
      'ApplyRebalance',
      {
        readonly versionNumber: number;
        readonly base: IndexBase;
        /** Null when the weights stay those that were approved. */
        readonly reweighed: Reweighed | null;
        readonly levelBefore: Level;
        readonly levelAfter: Level;
      }
    >
  /** Null reason: it took too long. */
  | Typed<'FailRebalance', { readonly versionNumber: number; readonly reason: string | null }>
  | Typed<
      'ApplyCorporateAction',
      {
        readonly action: AppliedAction;
        readonly base: IndexBase;
        /** Null when names and weights stay. */
        readonly constituents: readonly Constituent[] | null;
        readonly levelBefore: Level;
        readonly levelAfter: Level;
        readonly hash: (text: string) => string;
      }
    >
  /** It cannot be worked in as things are: leaves a refusal in the audit trail, nothing else. */
  | Typed<'RefuseCorporateAction', { readonly why: string }>
  | Typed<'AutoSuspend', { readonly reason: string }>
  | Typed<'CompleteDelisting', { readonly isForced: boolean }>;

/** Weights found once more, at the closes of the effective date. */
export interface Reweighed {
  readonly constituents: readonly Constituent[];
  readonly weighing: Weighing;
}

/** Where a vendor stands, when that is no step of the life cycle. */
export interface NoteVendor extends Omit<VendorListing, 'isMandatory' | 'attempts'> {
  readonly type: 'NoteVendor';
}

/** Fixes what the index starts at; no step of the life cycle. */
export interface BaseIndex {
  readonly type: 'BaseIndex';
  readonly versionNumber: number;
  readonly base: IndexBase;
}

export type LifeCycleCommand = PeoplesCommand | PlatformsCommand;
export type BasketCommand = LifeCycleCommand | NoteVendor | BaseIndex;

/** The event of the table that a command asks for. */
export const EVENT_OF_COMMAND = {
  CreateBasket: 'CREATE_BASKET',
  EditBasket: 'EDIT_BASKET',
  TriggerBacktest: 'TRIGGER_BACKTEST',
  CompleteBacktest: 'BACKTEST_COMPLETED',
  FailBacktest: 'BACKTEST_ERRORED',
  TimeOutBacktest: 'BACKTEST_TIMEOUT',
  CancelBacktest: 'CANCEL_BACKTEST',
  SubmitForApproval: 'SUBMIT_FOR_APPROVAL',
  WithdrawSubmission: 'WITHDRAW_SUBMISSION',
  ApproveBasket: 'APPROVE_BASKET',
  RequestChanges: 'REQUEST_CHANGES',
  RejectBasket: 'REJECT_BASKET',
  ExpireApproval: 'APPROVAL_EXPIRED',
  Launch: 'LAUNCH_DUE',
  RevokeApproval: 'REVOKE_APPROVAL',
  CompleteListing: 'LISTING_COMPLETED',
  ExhaustListing: 'LISTING_EXHAUSTED',
  RetryListing: 'RETRY_LISTING',
  ReturnToDraft: 'RETURN_TO_DRAFT',
  RebalanceBasket: 'SCHEDULE_REBALANCE',
  StartRebalance: 'START_REBALANCE',
  ApplyRebalance: 'REBALANCE_APPLIED',
  FailRebalance: 'REBALANCE_FAILED',
  ApplyCorporateAction: 'CORPORATE_ACTION_APPLIED',
  RefuseCorporateAction: 'CORPORATE_ACTION_APPLIED',
  AutoSuspend: 'AUTO_SUSPEND',
  Suspend: 'SUSPEND',
  Resume: 'RESUME',
  RequestDelisting: 'REQUEST_DELISTING',
  CancelDelisting: 'CANCEL_DELISTING',
  CompleteDelisting: 'DELISTING_COMPLETED',
  CancelBasket: 'CANCEL_BASKET',
} as const satisfies Readonly<
  Record<Exclude<LifeCycleCommand['type'], 'ReportVendor'>, BasketEvent>
>;

export type CommandOf<Type extends BasketCommand['type']> = Extract<BasketCommand, { type: Type }>;

/** A vendor that lists and one that does not are two events of the table. */
export function eventOf(command: LifeCycleCommand): BasketEvent {
  if (command.type !== 'ReportVendor') return EVENT_OF_COMMAND[command.type];
  return command.status === 'REJECTED' || command.status === 'FAILED'
    ? 'VENDOR_LISTING_FAILED'
    : 'VENDOR_LISTED';
}
