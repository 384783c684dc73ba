import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import type { AuditedEvent } from './audited-event.ts';
import { EVENT_LINES } from './event-lines.ts';

const event: AuditedEvent = {
  positionKey: 'BOOK|ACCOUNT|INS_X|USD|-|NET',
  version: 3,
  type: 'TRADE_APPLIED',
  schemaVersion: 1,
  effectiveDate: '2026-11-20',
  recordedAt: '2026-11-20T14:30:00.123456Z',
  executedAt: null,
  tradeId: 'T,"1"',
  uti: null,
  side: 'BUY',
  quantity: decimal('92233720368.54775807'),
  price: decimal('0.00000001'),
  fees: decimal('0'),
  contractId: null,
  correlationId: 'line\r\nbreak',
  causationId: 'trade-events:17',
  user: ' Zoë ',
  source: '',
  payloadText: '{"effect": "NEW_TRADE", "exact": 1.10}',
  lotsText: null,
};

test('a line of JSON has exact decimals, null for the absent, and the stored JSON as it is', () => {
  const line = EVENT_LINES.ndjson.lineOf(event);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(line).toContain('"payload":{"effect": "NEW_TRADE", "exact": 1.10},"lots":null}\n');
  expect(JSON.parse(line)).toMatchObject({
    eventId: 'BOOK|ACCOUNT|INS_X|USD|-|NET#3',
    recordedAt: '2026-11-20T14:30:00.123456Z',
    executedAt: null,
    tradeId: 'T,"1"',
    quantity: '92233720368.54775807',
    price: '0.00000001',
    fees: '0',
    correlationId: 'line\r\nbreak',
  });
});

test('a record of CSV is quoted so that a reader of RFC 4180 gets every field back', () => {
  const { header, lineOf } = EVENT_LINES.csv;
  expect(header).toMatch(/^eventId,positionKey,version,.*,payload,lots\r\n$/);
  const text = header + lineOf(event) + lineOf(event);
  expect(text).toContain('"T,""1"""');
  const records: unknown = parse(text, { columns: true, record_delimiter: '\r\n' });
  expect(records).toHaveLength(2);
  expect(records).toMatchObject([
    {
      version: '3',
      executedAt: '',
      tradeId: 'T,"1"',
      correlationId: 'line\r\nbreak',
      user: ' Zoë ',
      payload: event.payloadText,
      lots: '',
    },
    {},
  ]);
});
