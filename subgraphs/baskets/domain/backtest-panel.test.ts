import { describe, expect, test } from 'vitest';
import { businessDate, daysBetween } from '#kernel/business-date';
import { buildPanel, dateOfDay, type NamedBars, type PanelSource } from './backtest-panel.ts';

const dayOf = (date: string) => daysBetween(businessDate('1970-01-01'), businessDate(date));
const daysOf = (...dates: readonly string[]) => Int32Array.from(dates, dayOf);

function bars(symbol: string, closes: Readonly<Record<string, number>>, currency = 'USD') {
  const dates = Object.keys(closes);
  return {
    symbol,
    currency,
    days: daysOf(...dates),
    closes: Float64Array.from(Object.values(closes)),
    opens: undefined,
  } satisfies NamedBars;
}

const rates = (unitsPerEuro: Readonly<Record<string, number>>) => ({
  days: daysOf(...Object.keys(unitsPerEuro)),
  unitsPerEuro: Float64Array.from(Object.values(unitsPerEuro)),
});

function panelOf(source: Partial<PanelSource> & Pick<PanelSource, 'names'>) {
  const built = buildPanel({
    benchmark: undefined,
    currency: 'USD',
    rates: new Map(),
    allocate: (length) => new Float64Array(length),
    ...source,
  });
  if (!built.ok) return built.message;
  const { days, closes, benchmark, weekendDaysLeftOut } = built.panel;
  return {
    dates: Array.from(days, dateOfDay),
    closes: [...closes],
    benchmark: benchmark && [...benchmark],
    weekendDaysLeftOut,
  };
}

describe('BK-4 prices side by side', () => {
  test('have a row for each day on which any name trades, in any order of bars', () => {
    const a = bars('A', { '2024-01-04': 12, '2024-01-02': 10 });
    const b = bars('B', { '2024-01-03': 5, '2024-01-04': 6 });
    const benchmark = bars('M', { '2024-01-01': 1, '2024-01-04': 3 });
    expect(panelOf({ names: [a, b], benchmark })).toEqual({
      dates: ['2024-01-02', '2024-01-03', '2024-01-04'],
      closes: [10, Number.NaN, Number.NaN, 5, 12, 6],
      benchmark: [Number.NaN, Number.NaN, 3],
      weekendDaysLeftOut: 0,
    });
  });

  test('have weekends only when every name trades on them', () => {
    const coin = bars('COIN', { '2024-01-05': 1, '2024-01-06': 2, '2024-01-07': 3 });
    const share = bars('SHARE', { '2024-01-05': 4 });
    expect(panelOf({ names: [coin] })).toMatchObject({ closes: [1, 2, 3], weekendDaysLeftOut: 0 });
    expect(panelOf({ names: [coin, share] })).toMatchObject({
      dates: ['2024-01-05'],
      weekendDaysLeftOut: 2,
    });
    const before1970 = bars('OLD', { '1969-12-26': 1, '1969-12-27': 2, '1969-12-29': 3 });
    const weekdays = bars('WEEK', { '1969-12-26': 1 });
    expect(panelOf({ names: [before1970, weekdays] })).toMatchObject({ weekendDaysLeftOut: 1 });
  });

  test('are converted over the euro at the rate of the day or the last one before', () => {
    const yen = bars('Y', { '2024-01-05': 1_600, '2024-01-08': 1_600 }, 'JPY');
    const source = {
      names: [yen],
      rates: new Map([
        ['JPY', rates({ '2024-01-04': 160 })],
        ['USD', rates({ '2024-01-04': 1.1, '2024-01-08': 1.2, '2024-01-09': 9 })],
      ]),
    };
    expect(panelOf(source)).toMatchObject({
      closes: [expect.closeTo(11, 12), expect.closeTo(12, 12)],
    });
    const euro = bars('E', { '2024-01-08': 10 }, 'EUR');
    expect(panelOf({ ...source, names: [euro] })).toMatchObject({ closes: [12] });
  });

  test('are refused without a rate, and with one that is too old', () => {
    const euro = bars('E', { '2024-01-12': 10 }, 'EUR');
    const message = 'expected a reference rate of USD at most 7 days old on 2024-01-12, was none';
    expect(panelOf({ names: [euro] })).toBe(message);
    const old = new Map([['USD', rates({ '2024-01-04': 1.1 })]]);
    expect(panelOf({ names: [euro], rates: old })).toBe(message);
    const fresh = new Map([['USD', rates({ '2024-01-05': 1.1 })]]);
    expect(panelOf({ names: [euro], rates: fresh })).toMatchObject({ closes: [11] });
  });
});
