/** One page of the audit trail. */

import type { PageRequest } from '#platform/connection';
import type { AuditedEvent, AuditFilter } from '../domain/audited-event.ts';
import type { AuditReader } from '../store/audit-reader.ts';
import { findKey, type FindPositionDeps, type KeyAsked } from './find-position.ts';

export interface AuditEventsDeps extends Pick<FindPositionDeps, 'instruments'> {
  readonly audit: Pick<AuditReader, 'list'>;
}

/** Nothing happened to a position that nobody knows. */
export async function auditEvents(
  deps: AuditEventsDeps,
  { position, ...filter }: AuditFilter & { readonly position?: KeyAsked | undefined },
  page: PageRequest,
): Promise<readonly AuditedEvent[]> {
  if (position === undefined) return deps.audit.list(filter, page);
  const key = await findKey(deps, position);
  return key === undefined ? [] : deps.audit.list({ ...filter, positionKey: key.text }, page);
}
