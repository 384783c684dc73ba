/** Events as lines of text: newline-delimited JSON, or CSV as RFC 4180 has it. */

import { formatDecimal } from '#kernel/decimal';
import { type AuditedEvent, currencyOf } from './audited-event.ts';

export const EXPORT_FORMATS = ['ndjson', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

interface EventLines {
  /** Above all lines; empty for none. */
  readonly header: string;
  /** With its line end. */
  lineOf(event: AuditedEvent): string;
}

type Column = readonly [name: string, valueOf: (event: AuditedEvent) => string | number | null];

const COLUMNS: readonly Column[] = [
  ['eventId', ({ positionKey, version }) => `${positionKey}#${version}`],
  ['positionKey', ({ positionKey }) => positionKey],
  ['version', ({ version }) => version],
  ['type', ({ type }) => type],
  ['schemaVersion', ({ schemaVersion }) => schemaVersion],
  ['effectiveDate', ({ effectiveDate }) => effectiveDate],
  ['recordedAt', ({ recordedAt }) => recordedAt],
  ['executedAt', ({ executedAt }) => executedAt],
  ['tradeId', ({ tradeId }) => tradeId],
  ['uti', ({ uti }) => uti],
  ['side', ({ side }) => side],
  ['quantity', ({ quantity }) => decimalText(quantity)],
  ['price', ({ price }) => decimalText(price)],
  ['fees', ({ fees }) => decimalText(fees)],
  ['currency', currencyOf],
  ['contractId', ({ contractId }) => contractId],
  ['correlationId', ({ correlationId }) => correlationId],
  ['causationId', ({ causationId }) => causationId],
  ['user', ({ user }) => user],
  ['source', ({ source }) => source],
];

/** What is JSON already. */
const JSON_COLUMNS: readonly Column[] = [
  ['payload', ({ payloadText }) => payloadText],
  ['lots', ({ lotsText }) => lotsText],
];

export const EVENT_LINES: Readonly<Record<ExportFormat, EventLines>> = {
  ndjson: { header: '', lineOf: jsonLineOf },
  csv: {
    header: csvRecord([...COLUMNS, ...JSON_COLUMNS].map(([name]) => name)),
    lineOf: (event) =>
      csvRecord([...COLUMNS, ...JSON_COLUMNS].map(([, valueOf]) => valueOf(event))),
  },
};

/** Absent values are null. Stored JSON goes in as it is: nothing in it is rounded or reordered. */
function jsonLineOf(event: AuditedEvent): string {
  const plain = JSON.stringify(
    Object.fromEntries(COLUMNS.map(([name, valueOf]) => [name, valueOf(event)])),
  );
  const stored = JSON_COLUMNS.map(([name, valueOf]) => `,"${name}":${valueOf(event) ?? 'null'}`);
  return `${plain.slice(0, -1)}${stored.join('')}}\n`;
}

/** An absent value is an empty field; an empty text, too: no column of ours has both. */
function csvRecord(values: readonly (string | number | null)[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

function csvField(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function decimalText(value: bigint | null): string | null {
  return value === null ? null : formatDecimal(value);
}
