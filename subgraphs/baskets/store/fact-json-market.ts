/** Facts about approvals, listings, and a basket that is live. */

import { z } from 'zod';
import { VENDOR_STATUSES } from '../domain/basket.ts';
import {
  baseField,
  constituentField,
  countField,
  dateField,
  handField,
  instantField,
  levelField,
  priceField,
  versionField,
  weighingField,
} from './fact-json-fields.ts';

const submission = z.object({
  submission: countField,
  versionNumber: countField,
  hash: z.string(),
  by: handField,
  submittedAtMs: instantField,
  expiresAtMs: instantField,
  required: countField,
});

export const approvalSchemas = {
  ApprovalRequested: submission,
  SubmissionWithdrawn: z.object({}),
  ChangesRequested: z.object({}),
  SubmissionRejected: z.object({}),
  ApprovalExpired: z.object({}),
  ApprovalGiven: z.object({ by: handField, atMs: instantField }),
  VersionApproved: z.object({ versionNumber: countField, hash: z.string() }),
  LaunchScheduled: z.object({ launchAtMs: instantField }),
  ApprovalRevoked: z.object({ reopened: submission }),
};

const listingStart = z.object({
  startedAtMs: instantField,
  deadlineMs: instantField,
  vendors: z.array(z.object({ vendor: z.string(), isMandatory: z.boolean() })),
});

export const listingSchemas = {
  ListingStarted: listingStart,
  VendorReported: z.object({
    vendor: z.string(),
    status: z.enum(VENDOR_STATUSES),
    vendorId: z.string().nullable(),
    reason: z.string().nullable(),
  }),
  ListingCompleted: z.object({ level: levelField, atMs: instantField }),
  ListingFailed: z.object({ reason: z.string() }),
  ListingRetried: listingStart,
  ReturnedToDraft: z.object({}),
};

const ofVersion = { versionNumber: countField };
const continuity = { levelBefore: levelField, levelAfter: levelField };

export const liveSchemas = {
  RebalanceProposed: z.object({ by: handField, effectiveDate: dateField, version: versionField }),
  RebalanceScheduled: z.object({ ...ofVersion, effectiveDate: dateField, dueAtMs: instantField }),
  RebalanceStarted: z.object({
    ...ofVersion,
    deadlineMs: instantField,
    level: levelField,
    closes: z.array(z.object({ symbol: z.string(), price: priceField })),
  }),
  RebalanceApplied: z.object({
    ...ofVersion,
    base: baseField,
    // Facts from before schemes that follow prices have none.
    reweighed: z
      .object({ constituents: z.array(constituentField), weighing: weighingField })
      .nullable()
      .default(null),
    ...continuity,
  }),
  RebalanceFailed: z.object({ ...ofVersion, reason: z.string() }),
  CorporateActionApplied: z.object({
    action: z.object({
      actionId: z.string(),
      kind: z.string(),
      symbol: z.string(),
      exDate: dateField,
      description: z.string(),
    }),
    base: baseField,
    version: versionField.nullable(),
    ...continuity,
  }),
  BasketSuspended: z.object({
    by: z.string(),
    as: z.enum(['O', 'R', 'SYS']),
    reason: z.string(),
  }),
  BasketResumed: z.object({}),
  DelistingRequested: z.object({ number: countField, by: handField, lastDate: dateField }),
  DelistingConfirmed: z.object({ by: handField, dueAtMs: instantField }),
  DelistingCancelRequested: z.object({ by: handField }),
  DelistingCancelled: z.object({ by: handField }),
  DelistingCompleted: z.object({ isForced: z.boolean(), atMs: instantField }),
};
