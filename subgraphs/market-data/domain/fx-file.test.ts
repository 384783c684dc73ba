import { describe, expect, test } from 'vitest';
import { formatDecimal } from '#kernel/decimal';
import { readFxHeader, readFxRow } from './fx-file.ts';

const read = (header: string, row: string) => {
  const reading = readFxHeader(header.split(','));
  if (!reading.ok) throw new Error(reading.message);
  const { values, faults } = readFxRow(reading.form, row.split(','));
  return [
    ...values.map((fixing) => `${fixing.currency} ${formatDecimal(fixing.unitsPerEur)}`),
    ...faults.map(({ column, reason }) => `${column ?? 'row'}: ${reason}`),
  ];
};

describe('MD-2 reference rates in the form of the central bank', () => {
  test('leave out what is not quoted; the comma at the end of each line is no column', () => {
    expect(read('Date,USD,CYP,TRL,', '1999-01-04,1.1789,N/A,372274,')).toEqual([
      'USD 1.1789',
      'TRL 372274',
    ]);
  });

  test('keep the good rates beside a bad one', () => {
    expect(read('Date,USD,JPY,GBP', '1999-01-04,0,x,0.7111')).toEqual([
      'GBP 0.7111',
      'USD: expected a rate above 0, was 0',
      'JPY: expected a plain decimal such as "187.50", was "x"',
    ]);
  });

  test.each([
    ['1999-01-04,1', 'row: expected 3 columns, was 2'],
    ['04.01.1999,1,1', 'row: expected a day from 1900-01-01 to 2099-12-31, was "04.01.1999"'],
  ])('the row %s is refused', (row, fault) => {
    expect(read('Date,USD,JPY', row)).toEqual([fault]);
  });

  test('name what is wrong with their header', () => {
    expect(readFxHeader(['Date', 'USD', 'usd', 'USD'])).toMatchObject({
      ok: true,
      faults: [
        { column: 'usd', reason: 'expected a currency code, was "usd"' },
        { column: 'USD', reason: 'expected each currency once, USD came before' },
      ],
    });
    expect(readFxHeader(['symbol', 'USD'])).toMatchObject({ ok: false });
    expect(readFxHeader(['Date', ''])).toMatchObject({ ok: false });
  });
});
