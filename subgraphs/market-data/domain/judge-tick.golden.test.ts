/** The rules over real daily closes with known bad and known real jumps; see data/README.md. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { businessDate, startOfUtcDay } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { currencyCode } from '#kernel/money';
import type { InstrumentId, InstrumentSymbol } from './instrument.ts';
import { judgeTick } from './judge-tick.ts';
import { initialState, type SymbolState } from './tick-state.ts';

const FILE = fileURLToPath(
  new URL('../../../../shared/data/prices/sp500_505stocks_ohlcv_2013_2018.csv.gz', import.meta.url),
);
const isThere = existsSync(FILE);
if (!isThere) process.stderr.write(`skipped, no such file: ${FILE}\n`);

/** One print a day; live, this many prints come within seconds. */
const MOST_DAYS_HELD = 9;

interface Close {
  readonly date: string;
  readonly close: string;
}

function closesOf(names: readonly string[]): Map<string, Close[]> {
  const found = new Map<string, Close[]>(names.map((name) => [name, []]));
  for (const line of gunzipSync(readFileSync(FILE)).toString('utf8').split('\n').slice(1)) {
    const [date = '', , , , close = '', , name = ''] = line.trim().split(',');
    found.get(name)?.push({ date, close });
  }
  return found;
}

interface Day {
  readonly date: string;
  readonly outcome: string;
}

/** One print a day, at 20:00 UTC; the previous close is the last accepted one. */
function judgeDays(closes: readonly Close[]): { days: Day[]; confirmedOn: Map<string, string> } {
  const instrument = {
    id: 'ins_X' as InstrumentId,
    symbol: 'X' as InstrumentSymbol,
    assetClass: 'EQUITY' as const,
    currency: currencyCode('USD'),
  };
  let state: SymbolState = initialState({ ...instrument, previousClose: null }, null);
  const days: Day[] = [];
  const confirmedOn = new Map<string, string>();
  for (const { date, close } of closes) {
    const nowMs = startOfUtcDay(businessDate(date)) + 20 * 3_600_000;
    const judged = judgeTick(
      state,
      {
        symbol: 'X',
        price: decimal(close),
        bid: null,
        ask: null,
        size: null,
        currency: null,
        eventTimeMs: nowMs,
        recordedEventTimeMs: null,
        source: 'closes',
        sourceSequence: null,
        isSimulated: false,
      },
      nowMs,
    );
    const { verdict } = judged;
    for (const held of judged.confirmed) {
      confirmedOn.set(new Date(held.eventTimeMs).toISOString().slice(0, 10), date);
    }
    days.push({ date, outcome: verdict.kind === 'QUARANTINED' ? verdict.held.rule : verdict.kind });
    const previousClose =
      verdict.kind === 'ACCEPTED'
        ? { price: verdict.tick.price, date: businessDate(date) }
        : judged.state.instrument.previousClose;
    state = { ...judged.state, instrument: { ...instrument, previousClose } };
  }
  return { days, confirmedOn };
}

describe.skipIf(!isThere)('MD-3 real jumps among 505 stocks', () => {
  const closes = isThere ? closesOf(['LNT', 'VRTX', 'AMD', 'EBAY', 'NI', 'DISCK']) : new Map();
  const judged = (name: string) => judgeDays(closes.get(name) ?? []);
  const on = (days: readonly Day[], date: string) =>
    days.find((each) => each.date === date)?.outcome;

  test('LNT 2016-05-19, halved for one day, is never published', () => {
    const { days, confirmedOn } = judged('LNT');
    expect(on(days, '2016-05-18')).toBe('ACCEPTED');
    expect(on(days, '2016-05-19')).toBe('SPIKE');
    expect(on(days, '2016-05-20')).toBe('ACCEPTED');
    expect(confirmedOn.has('2016-05-19')).toBe(false);
  });

  const real: readonly [string, string][] = [
    ['VRTX', '2013-04-19'],
    ['AMD', '2016-04-22'],
    ['EBAY', '2015-07-20'],
    ['NI', '2015-07-02'],
    ['DISCK', '2014-08-07'],
  ];
  test.each(real)('%s %s is held first and not refused for ever', (name, date) => {
    const { days, confirmedOn } = judged(name);
    expect(['SPIKE', 'JUMP', 'SUSPECTED_SPLIT']).toContain(on(days, date));
    const place = days.findIndex((each) => each.date === date);
    const accepted = days.slice(place).findIndex((each) => each.outcome === 'ACCEPTED');
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThanOrEqual(MOST_DAYS_HELD);
    expect([...confirmedOn.values()]).toContain(days[place + accepted]?.date);
    // And the new level holds.
    const later = days.slice(place + accepted, place + accepted + 50);
    expect(later.filter((each) => each.outcome === 'ACCEPTED').length).toBeGreaterThan(45);
  });
});
