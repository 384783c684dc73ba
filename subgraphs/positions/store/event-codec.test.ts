import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { amount, quantity } from '#kernel/money';
import { methods, played, START, steps } from '../domain/history-stream-test-support.ts';
import { POSITION_EVENT_TYPES, type PositionEvent } from '../domain/position-event.ts';
import { aaplKey, trade } from '../domain/position-test-support.ts';
import { eventFieldsOf, eventOf, type EventRow } from './event-codec.ts';
import { canonicalText } from './hash-chain.ts';

/** As the driver hands it over. */
function rowOf(event: PositionEvent): EventRow {
  const fields = eventFieldsOf(event, aaplKey);
  const decimals = (value: bigint | null) => (value === null ? null : formatDecimal(value));
  return {
    event_ver: 1,
    event_type: event.type,
    effective_date: fields.effectiveDate,
    recorded_at: '2026-11-20 14:30:00.123456+00',
    executed_at: fields.executedAt,
    trade_id: fields.tradeId,
    uti: fields.uti,
    side: fields.side,
    quantity: fields.quantity,
    price: fields.price,
    fees: decimals(fields.fees),
    realized_pnl: decimals(fields.realizedPnl),
    payload: JSON.parse(fields.payload),
    meta_lots: fields.metaLots === null ? null : JSON.parse(fields.metaLots),
    correlation_id: 'c',
    causation_id: null,
    user_id: 'u',
    source: 's',
  };
}

const NOTES: readonly PositionEvent[] = [
  { type: 'CONTRACT_GENERATED', tradeId: 'T1', uti: 'UTI-1', effectiveDate: START },
  {
    type: 'CORRECTION_REFUSED',
    effectiveDate: START,
    basedOnVersion: 7,
    reason: 'OVERSOLD_AFTER_REPLAY',
    versions: [3, 5],
    message: 'expected more',
  },
];

describe('events of every type', () => {
  const seen = new Set<string>(NOTES.map(({ type }) => type));
  const books = fc.record({ method: methods, hasWashSales: fc.boolean() });

  test('are read as they were written, over random histories', () => {
    fc.assert(
      fc.property(steps, books, (stream, book) => {
        for (const { event } of played(stream, book).known) {
          seen.add(event.type);
          expect(eventOf(rowOf(event), aaplKey)).toEqual(event);
        }
      }),
      { numRuns: 150 },
    );
    for (const note of NOTES) expect(eventOf(rowOf(note), aaplKey)).toEqual(note);
    expect([...seen].sort()).toEqual([...POSITION_EVENT_TYPES].sort());
  });

  test('have one text each, whatever order Postgres gives the fields', () => {
    fc.assert(
      fc.property(steps, books, (stream, book) => {
        for (const { event } of played(stream, book).known) {
          const { payload, metaLots } = eventFieldsOf(event, aaplKey);
          for (const stored of [payload, metaLots ?? '{}']) {
            expect(canonicalText(backwards(JSON.parse(stored)))).toBe(stored);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('of a trade keep all that its columns do not', () => {
    const event: PositionEvent = {
      type: 'TRADE_APPLIED',
      trade: {
        ...trade('T1', 'SELL', '3', '7', { fees: '0.1' }),
        executedAtMs: Date.UTC(2026, 10, 20, 9, 30, 0, 123),
        clOrdId: 'ORDER-1',
        electedLots: [{ lotId: 'L "1"', quantity: quantity(decimal('3')) }],
        overrideReason: 'auditor',
      },
      classification: 'CURRENT_DATED',
      uti: null,
      hasWashSales: true,
      effect: 'DECREASE',
      reliefMethod: 'SPECIFIC',
      allocations: [
        {
          lotId: 'L "1"',
          openDate: businessDate('2026-11-02'),
          takenQuantity: quantity(decimal('3')),
          basisOut: amount(decimal('9')),
          settledResetsOut: amount(decimal('-1.5')),
          proceeds: amount(decimal('20.9')),
          gain: amount(decimal('13.4')),
          rank: 1,
        },
      ],
      opened: null,
      realizedPnl: amount(decimal('13.4')),
    };
    expect(eventOf(rowOf(event), aaplKey)).toEqual(event);
  });
});

/** The same fields in the other order. */
function backwards(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(backwards);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, each]) => [name, backwards(each)] as const);
  return Object.fromEntries(entries.reverse());
}

interface GoldenRow extends Omit<EventRow, 'quantity' | 'price'> {
  readonly schema_ver: number;
  readonly quantity: string | null;
  readonly price: string | null;
}

const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/position-events/rows.json', import.meta.url), 'utf8'),
) as readonly GoldenRow[];

const eventIn = ({ quantity: units, price: unitPrice, ...row }: GoldenRow): PositionEvent =>
  eventOf(
    {
      ...row,
      quantity: units === null ? null : BigInt(units),
      price: unitPrice === null ? null : BigInt(unitPrice),
    },
    aaplKey,
  );

describe('golden rows: what was stored once is read for ever', () => {
  const current = golden.filter((row) => row.schema_ver === 2);

  test('of every type in schema version 2, and written in the same form again', () => {
    expect([...new Set(current.map((row) => row.event_type))].sort()).toEqual(
      [...POSITION_EVENT_TYPES].sort(),
    );
    for (const row of current) {
      const fields = eventFieldsOf(eventIn(row), aaplKey);
      expect(fields.payload).toBe(canonicalText(row.payload));
      expect(fields.metaLots).toBe(row.meta_lots === null ? null : canonicalText(row.meta_lots));
    }
  });

  test('of schema version 1: the gain is in the payload, and there were no resets', () => {
    const [sale] = golden.filter((row) => row.schema_ver === 1);
    if (sale === undefined) throw new Error('expected a row of schema version 1');
    expect(eventIn(sale)).toEqual({
      type: 'TRADE_APPLIED',
      trade: {
        ...trade('G2', 'SELL', '40', '10', { fees: '2' }),
        executedAtMs: Date.parse('2026-11-20T14:29:59Z'),
        clOrdId: 'ORD-1',
      },
      classification: 'CURRENT_DATED',
      uti: 'TEST00PROTOTRADE0107PLMB202611200000000000000021I3V9',
      hasWashSales: false,
      effect: 'DECREASE',
      reliefMethod: 'FIFO',
      allocations: [
        {
          lotId: 'G1',
          openDate: '2026-11-20',
          takenQuantity: decimal('40'),
          basisOut: decimal('402'),
          settledResetsOut: 0n,
          proceeds: decimal('398'),
          gain: decimal('-4'),
          rank: 1,
        },
      ],
      opened: null,
      realizedPnl: decimal('-4'),
    });
  });
});
