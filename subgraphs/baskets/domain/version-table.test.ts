import { describe, expect, test } from 'vitest';
import {
  VERSION_EVENTS,
  VERSION_STATUSES,
  VERSION_TRANSITIONS,
  type VersionEvent,
  type VersionStatus,
  versionStatusAfter,
} from './version-table.ts';

/** By hand, beside the table: what may happen to a version, and where it leads. */
const PAGE: Readonly<Record<VersionStatus | 'NEW', Partial<Record<VersionEvent, VersionStatus>>>> =
  {
    NEW: { PROPOSE: 'DRAFT', ADJUST: 'EFFECTIVE' },
    DRAFT: { SUBMIT: 'SUBMITTED', REPLACE: 'SUPERSEDED', CANCEL: 'CANCELLED' },
    SUBMITTED: {
      WITHDRAW: 'DRAFT',
      REQUEST_CHANGES: 'DRAFT',
      EXPIRE: 'DRAFT',
      REJECT: 'REJECTED',
      APPROVE: 'APPROVED',
      CANCEL: 'CANCELLED',
    },
    APPROVED: {
      REVOKE: 'SUBMITTED',
      RETURN: 'DRAFT',
      SCHEDULE: 'SCHEDULED',
      TAKE_EFFECT: 'EFFECTIVE',
      CANCEL: 'CANCELLED',
    },
    SCHEDULED: {
      REVOKE: 'SUBMITTED',
      TAKE_EFFECT: 'EFFECTIVE',
      FAIL: 'FAILED',
      CANCEL: 'CANCELLED',
    },
    EFFECTIVE: { REPLACE: 'SUPERSEDED' },
    SUPERSEDED: {},
    REJECTED: {},
    CANCELLED: {},
    FAILED: {},
  };

describe('BK-9 the life of a version', () => {
  test('has 9 statuses, and rows numbered as they stand', () => {
    expect(VERSION_STATUSES).toHaveLength(9);
    expect(VERSION_TRANSITIONS.map(({ number }) => number)).toEqual(
      VERSION_TRANSITIONS.map((_, at) => at + 1),
    );
  });

  const cells = ([null, ...VERSION_STATUSES] as const).flatMap((status) =>
    VERSION_EVENTS.map((event) => [status, event] as const),
  );

  test.each(cells)('%s and %s lead where the page says, or nowhere', (status, event) => {
    expect(versionStatusAfter(status, event)).toBe(PAGE[status ?? 'NEW'][event]);
  });

  test('what is superseded, rejected, cancelled or failed stays so', () => {
    for (const status of ['SUPERSEDED', 'REJECTED', 'CANCELLED', 'FAILED'] as const) {
      const next = VERSION_EVENTS.map((event) => versionStatusAfter(status, event));
      expect(new Set(next)).toEqual(new Set([undefined]));
    }
  });
});
