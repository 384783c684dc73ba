import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { currencyCode } from '#kernel/money';
import { indexCalendar } from './basket-calendar.ts';
import { VENDOR_STATUSES, type VendorStatus } from './basket.ts';
import { BASKET_STATES, type BasketState } from './transition-table.ts';
import { goalOf, receiversOf, type VendorStanding } from './vendor-standing.ts';

const calendar = indexCalendar({ closeMinuteUtc: 22 * 60, days: 'WEEKDAYS' });
const lastDate = businessDate('2026-11-20');
const beforeClose = { calendar, nowMs: Date.parse('2026-11-20T21:59:59.999Z') };
const afterClose = { calendar, nowMs: Date.parse('2026-11-20T22:00:00Z') };

const statusesWith = (
  state: BasketState,
  goal: string,
  last = lastDate as never,
  at = beforeClose,
) => VENDOR_STATUSES.filter((status) => goalOf({ state, lastDate: last }, { status }, at) === goal);

const ALL_BUT = (...left: VendorStatus[]) =>
  VENDOR_STATUSES.filter((status) => !left.includes(status));
const MAY_HAVE_IT = ['SENT', 'ACKED', 'LISTED', 'FAILED'];

describe('what a vendor is to be made to do', () => {
  test.each(['LISTING', 'ACTIVE', 'REBALANCING', 'SUSPENDED'] as const)(
    'in %s it is to list the basket, unless it rejected it',
    (state) => {
      expect(statusesWith(state, 'LISTED', null as never)).toEqual(ALL_BUT('REJECTED'));
      expect(statusesWith(state, 'OFF', null as never)).toEqual([]);
    },
  );

  test('a basket to be removed stays until its last day has closed', () => {
    expect(statusesWith('DELISTING', 'LISTED')).toEqual(ALL_BUT('REJECTED', 'DELISTED'));
    expect(statusesWith('DELISTING', 'LISTED', lastDate as never, afterClose)).toEqual([]);
    expect(statusesWith('DELISTING', 'OFF', lastDate as never, afterClose)).toEqual(MAY_HAVE_IT);
  });

  test('after a failed listing vendors wait for what becomes of it', () => {
    expect(statusesWith('LISTING_FAILED', 'NONE')).toEqual(VENDOR_STATUSES);
  });

  const elsewhere = BASKET_STATES.filter(
    (state) =>
      !['LISTING', 'LISTING_FAILED', 'ACTIVE', 'REBALANCING', 'SUSPENDED', 'DELISTING'].includes(
        state,
      ),
  );
  test.each(elsewhere)('in %s whoever may have it is to give it up', (state) => {
    expect(statusesWith(state, 'OFF', null as never)).toEqual(MAY_HAVE_IT);
    expect(statusesWith(state, 'LISTED', null as never)).toEqual([]);
  });
});

describe('who is sent its price', () => {
  const standing = (state: BasketState): VendorStanding => ({
    basketId: 'b',
    code: 'TECH',
    state,
    stateSinceMs: 0,
    approvedAtMs: 0,
    lastDate: state === 'DELISTING' ? lastDate : null,
    versionNumber: 1,
    definition: {
      code: 'TECH',
      name: 'Tech',
      description: '',
      currency: currencyCode('USD'),
      versionHash: 'h',
      constituents: [],
    },
    vendors: VENDOR_STATUSES.map((status) => ({
      vendor: status,
      isMandatory: true,
      status,
      attempts: 0,
      vendorId: null,
      reason: null,
    })),
  });

  test('vendors that list a basket on the market, until its last day has closed', () => {
    const receiving = BASKET_STATES.filter(
      (state) => receiversOf(standing(state), beforeClose).length > 0,
    );
    expect(receiving).toEqual(['ACTIVE', 'REBALANCING', 'SUSPENDED', 'DELISTING']);
    expect(receiversOf(standing('ACTIVE'), beforeClose)).toEqual(['LISTED']);
    expect(receiversOf(standing('DELISTING'), afterClose)).toEqual([]);
  });
});
