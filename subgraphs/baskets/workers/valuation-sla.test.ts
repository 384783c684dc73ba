import { describe, expect, test } from 'vitest';
import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';
import { silentLogger } from '#platform/logger';
import { createValuationSla } from './valuation-sla.ts';

function watching() {
  const stored: BasketSlaBreached[] = [];
  let ids = 0;
  let isAway = false;
  const sla = createValuationSla({
    newId: () => `id-${(ids += 1)}`,
    logger: silentLogger,
    breaches: {
      record: async (breaches) => {
        if (isAway) throw new Error('away');
        stored.push(...breaches);
        return breaches;
      },
    },
  });
  return {
    sla,
    stored,
    away: (now: boolean) => void (isAway = now),
    valued: (tookMs: number, basketId = 'b') =>
      sla.onValued({ basketId, code: 'TECH', inputAtMs: 1_000, valuedAtMs: 1_000 + tookMs }),
  };
}

describe('BK-6 the time from a price to the level', () => {
  test('5 s are in time, more are a breach, told once until it is in time again', async () => {
    const { sla, stored, valued } = watching();
    for (const tookMs of [200, 5_000, 5_001, 9_000, 200, 6_000]) valued(tookMs);
    await sla.store();
    expect(stored.map(({ actualMs }) => actualMs)).toEqual([5_001, 6_000]);
    expect(stored[0]).toEqual({
      breachId: 'id-1',
      kind: 'VALUATION',
      basketId: 'b',
      code: 'TECH',
      vendor: null,
      limitMs: 5_000,
      actualMs: 5_001,
      detail: null,
      occurredAtMs: 6_001,
    });
  });

  test('each basket for itself; what could not be stored is stored later', async () => {
    const { away, sla, stored, valued } = watching();
    valued(6_000, 'one');
    away(true);
    await expect(sla.store()).rejects.toThrow('away');
    valued(6_000, 'two');
    away(false);
    await sla.store();
    await sla.store();
    expect(stored.map(({ basketId }) => basketId)).toEqual(['one', 'two']);
  });
});
