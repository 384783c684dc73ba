/** Access tokens of an emulated vendor: any credentials but blank ones are good. */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { VendorDesk } from './vendor-desk.ts';

const MAX_TOKENS = 10_000;

const requestForm = z.object({
  grant_type: z.literal('client_credentials'),
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
});

export type EmulatedTokens = ReturnType<typeof createEmulatedTokens>;

export function createEmulatedTokens(desk: VendorDesk, nowMs: () => number) {
  const endsAtMs = new Map<string, number>();
  return {
    /** Null for credentials that are not good. */
    issue(body: unknown): { readonly access_token: string; readonly expires_in: number } | null {
      if (!requestForm.safeParse(body).success) return null;
      if (endsAtMs.size >= MAX_TOKENS) endsAtMs.clear();
      const token = randomUUID();
      endsAtMs.set(token, nowMs() + desk.settings.tokenMs);
      return { access_token: token, expires_in: desk.settings.tokenMs / 1_000 };
    },
    isValid: (token: string): boolean => (endsAtMs.get(token) ?? 0) > nowMs(),
    /** Epoch milliseconds; 0 for one that was never issued. */
    endOf: (token: string): number => endsAtMs.get(token) ?? 0,
    issued: () => endsAtMs.size,
    /** As if the vendor had lost its memory. */
    revokeAll(): void {
      endsAtMs.clear();
    },
  };
}

export function bearerOf({ headers }: IncomingMessage): string {
  return (headers.authorization ?? '').replace(/^Bearer /, '');
}
