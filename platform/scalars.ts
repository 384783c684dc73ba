/** The scalars of schema/shared.graphql, parsed once at the border to kernel types. */

import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { type BusinessDate, MAX_YEAR, MIN_YEAR, parseBusinessDate } from '#kernel/business-date';
import { type Decimal, formatDecimal, parseDecimal } from '#kernel/decimal';

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

function readDecimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (!parsed.ok) throw badInput(`Decimal: ${parsed.message}`);
  return parsed.value;
}

export const DecimalScalar = new GraphQLScalarType<Decimal, string>({
  name: 'Decimal',
  serialize: (value) => {
    if (typeof value === 'bigint') return formatDecimal(value);
    if (typeof value === 'string') return formatDecimal(readDecimal(value));
    throw new TypeError(`Decimal: expected a bigint, was ${typeof value}`);
  },
  parseValue: (value) => {
    if (typeof value === 'string') return readDecimal(value);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return readDecimal(`${value}`);
    throw badInput(`Decimal: expected text such as "187.50" or an Int, was ${shown(value)}`);
  },
  parseLiteral: (node) => {
    if (node.kind === Kind.STRING || node.kind === Kind.INT) return readDecimal(node.value);
    const found = node.kind === Kind.FLOAT ? node.value : node.kind;
    throw badInput(`Decimal: expected text such as "187.50" or an Int, was ${found}`);
  },
});

const YEARS = `of the years ${MIN_YEAR} to ${MAX_YEAR}`;

function readDate(value: unknown): BusinessDate {
  const date = typeof value === 'string' ? parseBusinessDate(value) : undefined;
  if (date === undefined) {
    throw badInput(`Date: expected a day such as "2026-11-20" ${YEARS}, was ${shown(value)}`);
  }
  return date;
}

export const DateScalar = new GraphQLScalarType<BusinessDate, string>({
  name: 'Date',
  serialize: readDate,
  parseValue: readDate,
  parseLiteral: (node) => readDate(node.kind === Kind.STRING ? node.value : null),
});

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** Epoch milliseconds; digits finer than a millisecond are cut. */
function readInstant(value: unknown): number {
  const text = typeof value === 'string' && INSTANT.test(value) ? value : '';
  const epochMs = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  // Date.parse moves a day that does not exist, such as February 30, into the next month.
  if (Number.isNaN(epochMs) || parseBusinessDate(text.slice(0, 10)) === undefined) {
    const expected = `an instant such as "2026-11-20T14:30:00.123Z" ${YEARS}`;
    throw badInput(`DateTime: expected ${expected}, was ${shown(value)}`);
  }
  return epochMs;
}

/** Inside, a DateTime is epoch milliseconds. */
export const DateTimeScalar = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  serialize: (value) => {
    const epochMs = typeof value === 'number' ? value : readInstant(value);
    return new Date(epochMs).toISOString();
  },
  parseValue: readInstant,
  parseLiteral: (node) => readInstant(node.kind === Kind.STRING ? node.value : null),
});

function shown(value: unknown): string {
  if (typeof value === 'number') return `${value}`;
  return (JSON.stringify(value) ?? typeof value).slice(0, 60);
}

export const scalarResolvers = {
  Decimal: DecimalScalar,
  Date: DateScalar,
  DateTime: DateTimeScalar,
};
