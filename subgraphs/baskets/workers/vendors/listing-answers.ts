/** What the listing adapters of all vendors share: from an answer over HTTP to one of the port. */

import type { z } from 'zod';
import type {
  ListingState,
  ListingStates,
  VendorAccepted,
  VendorFault,
} from '../../domain/vendor.ts';
import type { AuthorizedAnswer } from './authorized-calls.ts';

/** The body as the vendor promised it, or a fault that shows where it differs. */
export function bodyOf<T>(
  answer: AuthorizedAnswer,
  form: z.ZodType<T>,
): { readonly kind: 'BODY'; readonly body: T } | VendorFault {
  if (answer.kind !== 'ANSWERED') return answer;
  const parsed = form.safeParse(answer.body);
  if (parsed.success) return { kind: 'BODY', body: parsed.data };
  const [issue] = parsed.error.issues;
  const text = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unreadable'}`;
  return { kind: 'UNAVAILABLE', why: 'UNREADABLE_ANSWER', text };
}

export function acceptedOf(
  answer: AuthorizedAnswer,
  form: z.ZodType<string>,
): VendorAccepted | VendorFault {
  const read = bodyOf(answer, form);
  return read.kind === 'BODY' ? { kind: 'ACCEPTED', requestId: read.body } : read;
}

/** Codes that the vendor says nothing of are unknown to it. */
export function statesOf(
  codes: readonly string[],
  answer: AuthorizedAnswer,
  form: z.ZodType<readonly (readonly [code: string, state: ListingState])[]>,
): ListingStates | VendorFault {
  const read = bodyOf(answer, form);
  if (read.kind !== 'BODY') return read;
  const said = new Map(read.body);
  const unknown: ListingState = { kind: 'UNKNOWN' };
  return {
    kind: 'STATES',
    byCode: new Map(codes.map((code) => [code, said.get(code) ?? unknown])),
  };
}
