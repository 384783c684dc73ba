/** The audit trail as text, as it is read: nothing is held that was handed out. */

import type { AuditFilter } from '../domain/audited-event.ts';
import { EVENT_LINES, type ExportFormat } from '../domain/event-lines.ts';
import type { AuditReader } from '../store/audit-reader.ts';

/** Between the beginning of an export and the first look at what is still being written. */
export const SETTLE_PAUSE_MS = 50;
/** Then it goes on without what still runs: somebody may hold a transaction open for hours. */
export const MAX_SETTLE_PAUSES = 40;

export interface ExportEventsDeps {
  readonly audit: Pick<AuditReader, 'all' | 'now' | 'isSettled'>;
  readonly pause: (ms: number) => Promise<void>;
}

export interface ExportOrder {
  readonly format: ExportFormat;
  readonly filter: AuditFilter;
  readonly onEvents?: (count: number) => void;
}

/**
 * Whole lines, some at a time, in the order of recording: of events recorded before the export
 * began. What was being written just then is waited for.
 */
export async function* exportEvents(
  deps: ExportEventsDeps,
  { format, filter, onEvents }: ExportOrder,
): AsyncGenerator<string> {
  const { header, lineOf } = EVENT_LINES[format];
  if (header !== '') yield header;
  const before = await settledInstant(deps);
  for await (const events of deps.audit.all({ ...filter, before })) {
    yield events.map(lineOf).join('');
    onEvents?.(events.length);
  }
}

/** An event has its time a moment before it can be seen: a reader must not pass it in between. */
async function settledInstant({ audit, pause }: ExportEventsDeps): Promise<string> {
  const { instant } = await audit.now();
  await pause(SETTLE_PAUSE_MS);
  const moment = await audit.now();
  for (let pauses = 0; pauses < MAX_SETTLE_PAUSES; pauses += 1) {
    if (await audit.isSettled(moment)) break;
    await pause(SETTLE_PAUSE_MS);
  }
  return instant;
}
