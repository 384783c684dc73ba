import { describe, expect, test } from 'vitest';
import { micOfFile, readSessionHeader, readSessionRow } from './session-file.ts';

const header = readSessionHeader(['', 'open', 'close', 'break_start', 'break_end']);
const read = (text: string) => {
  if (!header.ok) throw new Error(header.message);
  return readSessionRow(header.form, text.split(','));
};
const TOKYO =
  '2026-12-30T00:00:00Z,2026-12-30T00:00:00Z,2026-12-30T06:30:00Z,' +
  '2026-12-30T02:30:00Z,2026-12-30T03:30:00Z';

describe('MD-2 sessions of an exchange', () => {
  test('have a day, an open, a close and perhaps a lunch break', () => {
    expect(read(TOKYO)).toEqual({
      values: [
        {
          date: '2026-12-30',
          opensAtMs: Date.parse('2026-12-30T00:00:00Z'),
          closesAtMs: Date.parse('2026-12-30T06:30:00Z'),
          breakStartMs: Date.parse('2026-12-30T02:30:00Z'),
          breakEndMs: Date.parse('2026-12-30T03:30:00Z'),
        },
      ],
      faults: [],
    });
    const early = read('1993-11-26,1993-11-26T14:30:00Z,1993-11-26T18:00:00Z,,');
    expect(early.values[0]).toMatchObject({ date: '1993-11-26', breakStartMs: null });
  });

  test.each([
    ['day', 'Boxing Day,1993-11-26T14:30:00Z,1993-11-26T18:00:00Z,,', /expected a day/],
    ['columns', '1993-11-26,1993-11-26T14:30:00Z', /expected 5 columns, was 2/],
    ['local time', '1993-11-26,09:30,13:00,,', /expected UTC instants/],
    ['no close', '1993-11-26,1993-11-26T14:30:00Z,,,', /expected UTC instants/],
    ['close first', '1993-11-26,1993-11-26T18:00:00Z,1993-11-26T14:30:00Z,,', /open before close/],
    ['half a break', TOKYO.replace(/,[^,]*$/, ','), /expected a break/],
  ])('a row is refused for its %s', (_what, text, reason) => {
    expect(read(text)).toEqual({
      values: [],
      faults: [{ column: expect.toSatisfy(() => true), reason: expect.stringMatching(reason) }],
    });
  });

  test('a header without open and close is no calendar', () => {
    expect(readSessionHeader(['Date', 'USD'])).toMatchObject({ ok: false });
  });

  test('the exchange is what the name of the file begins with', () => {
    expect(micOfFile('/data/xnys_sessions.csv.gz')).toBe('XNYS');
    expect(micOfFile('sessions.csv')).toBeUndefined();
  });
});
