/** Failures and bugs. Refusals are data and never come through here. */

/** Codes a caller may see in `extensions.code`; style guide section 7 says who may retry. */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'VERSION_CONFLICT'
  | 'RATE_LIMITED'
  | 'OPERATION_TOO_COMPLEX'
  | 'UPSTREAM_UNAVAILABLE'
  | 'TIMEOUT'
  | 'INTERNAL_SERVER_ERROR';

interface PlatformErrorOptions {
  readonly cause?: unknown;
  /** Named facts for the caller, such as `{ limit: 'MAX_TICKS_PER_BATCH' }`. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

/** The request cannot be served now, or as it was put. The message is meant for the caller. */
export class PlatformError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: PlatformErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PlatformError';
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** States what our own code guarantees; a false claim is a bug and masked from callers. */
export function invariant(claim: unknown, message: string): asserts claim {
  if (!claim) throw new Error(`invariant broken: ${message}`);
}

/** Why the platform cannot start: one sentence that says what to do. Printed, then exit 1. */
export class StartupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartupError';
  }
}
