/**
 * The life of a version of a basket as data. It runs beside the machine of the basket: a version
 * that waits for its approval never takes a live basket out of ACTIVE.
 */

export const VERSION_STATUSES = [
  'DRAFT',
  'SUBMITTED',
  'APPROVED',
  'SCHEDULED',
  'EFFECTIVE',
  'SUPERSEDED',
  'REJECTED',
  'CANCELLED',
  'FAILED',
] as const;
export type VersionStatus = (typeof VERSION_STATUSES)[number];

interface VersionRow {
  readonly number: number;
  /** Empty for a new version. */
  readonly from: readonly VersionStatus[];
  readonly event: string;
  readonly to: VersionStatus;
}

const row = <Event extends string>(
  number: number,
  from: readonly VersionStatus[],
  event: Event,
  to: VersionStatus,
) => ({ number, from, event, to });

export const VERSION_TRANSITIONS = [
  row(1, [], 'PROPOSE', 'DRAFT'),
  // What a corporate action makes of an effective version: nobody decides on it.
  row(2, [], 'ADJUST', 'EFFECTIVE'),
  row(3, ['DRAFT'], 'SUBMIT', 'SUBMITTED'),
  row(4, ['SUBMITTED'], 'WITHDRAW', 'DRAFT'),
  row(5, ['SUBMITTED'], 'REQUEST_CHANGES', 'DRAFT'),
  row(6, ['SUBMITTED'], 'EXPIRE', 'DRAFT'),
  row(7, ['SUBMITTED'], 'REJECT', 'REJECTED'),
  row(8, ['SUBMITTED'], 'APPROVE', 'APPROVED'),
  row(9, ['APPROVED', 'SCHEDULED'], 'REVOKE', 'SUBMITTED'),
  row(10, ['APPROVED'], 'RETURN', 'DRAFT'),
  row(11, ['APPROVED'], 'SCHEDULE', 'SCHEDULED'),
  row(12, ['APPROVED', 'SCHEDULED'], 'TAKE_EFFECT', 'EFFECTIVE'),
  row(13, ['SCHEDULED'], 'FAIL', 'FAILED'),
  row(14, ['DRAFT', 'EFFECTIVE'], 'REPLACE', 'SUPERSEDED'),
  row(15, ['DRAFT', 'SUBMITTED', 'APPROVED', 'SCHEDULED'], 'CANCEL', 'CANCELLED'),
] as const satisfies readonly VersionRow[];

export type VersionEvent = (typeof VERSION_TRANSITIONS)[number]['event'];

export const VERSION_EVENTS: readonly VersionEvent[] = [
  ...new Set(VERSION_TRANSITIONS.map(({ event }) => event)),
];

/** Undefined where the table has no row. Null is a version that does not exist yet. */
export function versionStatusAfter(
  status: VersionStatus | null,
  event: VersionEvent,
): VersionStatus | undefined {
  const rows: readonly VersionRow[] = VERSION_TRANSITIONS;
  return rows.find(
    (each) =>
      each.event === event &&
      (status === null ? each.from.length === 0 : each.from.includes(status)),
  )?.to;
}
