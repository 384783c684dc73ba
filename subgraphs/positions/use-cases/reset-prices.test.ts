import { expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { fixedClock } from '#platform/clock';
import type { ActOnPositionsDeps } from './act-on-positions.ts';
import { resetPrices } from './reset-prices.ts';
import { createTradeLimits, QUEUE_ALERT_DEPTH } from './trade-limits.ts';

const ASKED = {
  resetId: 'R1',
  symbol: 'AAPL',
  contractId: null,
  price: decimal('103'),
  effectiveDate: businessDate('2026-11-20'),
  after: null,
};
const ORIGIN = { source: 'test', user: 'operations', correlationId: 'c', causationId: null };

function depsAtDepth(depth: number, shed: string[]): ActOnPositionsDeps {
  const limits = createTradeLimits({
    tradesPerSecond: 1,
    positionTradesPerSecond: 1,
    maxTradesPerRequest: 1,
    queueDepth: () => depth,
    monotonicMs: () => 0,
    onShed: (what) => shed.push(what),
  });
  return {
    limits,
    clock: fixedClock(Date.parse('2026-11-20T12:00:00Z')),
    instruments: { bySymbols: () => Promise.resolve(new Map()) },
  } as unknown as ActOnPositionsDeps;
}

test('PS-15 a reset is put off while many trades wait to be written', async () => {
  const shed: string[] = [];
  const late = resetPrices(depsAtDepth(QUEUE_ALERT_DEPTH, shed), ASKED, ORIGIN);
  await expect(late).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  expect(shed).toEqual(['PRICE_RESET']);
});

test('a reset is taken up below that', async () => {
  const taken = resetPrices(depsAtDepth(QUEUE_ALERT_DEPTH - 1, []), ASKED, ORIGIN);
  expect(await taken).toMatchObject({ reason: 'UNKNOWN_INSTRUMENT' });
});
