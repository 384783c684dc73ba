/** One kind of event on one topic, in one schema version, and how it travels as JSON. */

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface EventType<Event> {
  readonly topic: string;
  readonly name: string;
  /** Version written. `parse` reads this one and every earlier one (upcast). */
  readonly version: number;
  encode(event: Event): Json;
  /** Throws UnreadableEvent on a payload that is not of this type. */
  parse(payload: unknown, version: number): Event;
}
