/** The audit trail as text, as it is read: nothing is held that was handed out. */

import type { AuditFilter } from '../domain/audited-event.ts';
import { EVENT_LINES, type ExportFormat } from '../domain/event-lines.ts';
import type { AuditReader } from '../store/audit-reader.ts';

export interface ExportEventsDeps {
  readonly audit: Pick<AuditReader, 'all'>;
}

export interface ExportOrder {
  readonly format: ExportFormat;
  readonly filter: AuditFilter;
  readonly onEvents?: (count: number) => void;
}

/** Whole lines, some at a time, in the order of recording. */
export async function* exportEvents(
  { audit }: ExportEventsDeps,
  { format, filter, onEvents }: ExportOrder,
): AsyncGenerator<string> {
  const { header, lineOf } = EVENT_LINES[format];
  if (header !== '') yield header;
  for await (const events of audit.all(filter)) {
    yield events.map(lineOf).join('');
    onEvents?.(events.length);
  }
}
