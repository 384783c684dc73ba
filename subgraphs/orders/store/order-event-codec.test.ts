import { describe, expect, test } from 'vitest';
import { acknowledged, at, filled, submitted, units } from '../domain/order-example.ts';
import { execId, type OrderEvent } from '../domain/order.ts';
import { encodeOrderEvent, parseOrderEvent } from './order-event-codec.ts';

const terms = { orderQty: units('800'), price: at('10.02'), protectionPx: at('10.02') };
const events: readonly OrderEvent[] = [
  {
    ...submitted({ stopPx: at('9'), instrumentId: null, currency: null, price: null }),
    checks: [{ code: 'QUANTITY', passed: false, limit: '1', actual: null }],
  } as OrderEvent,
  { type: 'OrderRejected', reason: 'UNKNOWN_ACCOUNT', message: 'no such account' },
  acknowledged,
  filled('E1', '0.00000001', '10.01'),
  { type: 'FillBusted', execId: execId('B1'), execRefId: execId('E1') },
  { type: 'CancelRequested' },
  { type: 'CancelRefused' },
  { type: 'OrderCanceled' },
  { type: 'ReplaceRequested', terms },
  { type: 'ReplaceRefused' },
  { type: 'OrderReplaced', terms: { ...terms, price: null, protectionPx: null } },
  { type: 'OrderExpired' },
];

describe('OR-11 stored order events', () => {
  test.each(events)('$type survives the way through JSON', (event) => {
    const stored: unknown = JSON.parse(JSON.stringify(encodeOrderEvent(event)));
    expect(parseOrderEvent(event.type, stored)).toEqual(event);
  });

  test('an unknown event is not skipped', () => {
    expect(() => parseOrderEvent('OrderForgotten', {})).toThrow('eventType: expected one of');
  });

  test('a field that cannot be read is named', () => {
    const stored = { ...(encodeOrderEvent(filled('E1', '1', '2')) as object), lastQty: '1e9' };
    expect(() => parseOrderEvent('OrderFilled', stored)).toThrow('lastQty');
  });
});
