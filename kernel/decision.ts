/** What a decider answers: events to record, or the one reason for refusing. */

export type Decision<Event, Reason extends string> =
  { readonly ok: true; readonly events: readonly Event[] } | Refusal<Reason>;

export interface Refusal<Reason extends string> {
  readonly ok: false;
  readonly reason: Reason;
  /** The expected and the found value, for the person who asked. */
  readonly message?: string;
}

export function accept<Event>(...events: readonly Event[]): {
  readonly ok: true;
  readonly events: readonly Event[];
} {
  return { ok: true, events };
}

export function refuse<Reason extends string>(reason: Reason, message?: string): Refusal<Reason> {
  return message === undefined ? { ok: false, reason } : { ok: false, reason, message };
}
