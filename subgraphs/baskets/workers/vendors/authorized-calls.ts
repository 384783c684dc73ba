/** Requests with the vendor's token; one that is not taken any more is replaced once. */

import type { VendorFault } from '../../domain/vendor.ts';
import type { VendorAnswer, VendorCalls, VendorRequest } from './vendor-calls.ts';
import type { VendorTokens } from './vendor-token.ts';

const MAX_TOKENS_PER_CALL = 2;

export type AuthorizedAnswer = Exclude<VendorAnswer, { readonly kind: 'UNAUTHORIZED' }>;

export async function authorizedCall(
  { calls, tokens }: { readonly calls: VendorCalls; readonly tokens: VendorTokens },
  request: VendorRequest,
): Promise<AuthorizedAnswer> {
  for (let tried = 0; tried < MAX_TOKENS_PER_CALL; tried += 1) {
    const held = await tokens.current();
    if (held.kind !== 'TOKEN') return held;
    const headers = { ...request.headers, authorization: `Bearer ${held.token}` };
    const answer = await calls.call({ ...request, headers });
    if (answer.kind !== 'UNAUTHORIZED') return answer;
    tokens.drop(held.token);
  }
  const fault: VendorFault = {
    kind: 'UNAVAILABLE',
    why: 'VENDOR_ERROR',
    text: 'the vendor takes no token that it gave',
  };
  return fault;
}
