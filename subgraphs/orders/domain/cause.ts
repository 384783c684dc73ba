/** Who and what led to a change, and when; written beside every event. */

export interface Cause {
  /** One per business workflow: an order's fills carry that of its placement. */
  readonly correlationId: string;
  /** The event or command that led to it; null for a root. */
  readonly causationId: string | null;
  /** A user or a service principal. */
  readonly user: string;
  readonly atMs: number;
}
