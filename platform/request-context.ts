/** What travels with every request from the gateway into use cases: who, which one, until when. */

import type { Role, Scope } from '#kernel/roles';

export interface Identity {
  readonly user: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly Scope[];
  /** True for programs; they may never approve. */
  readonly isService: boolean;
}

export interface RequestContext {
  /** Null for a caller without a token. */
  readonly identity: Identity | null;
  readonly correlationId: string;
  /** Epoch milliseconds after which nobody waits for the answer any longer. */
  readonly deadlineAtMs: number;
  /** Aborted when the caller went away or the deadline passed. */
  readonly signal: AbortSignal;
}
