/** Reads fields of an event payload, naming the field, the expected and the found value. */

export type Payload = Readonly<Record<string, unknown>>;

/** A payload that does not have the form its event type states: it goes to the dead letters. */
export class UnreadableEvent extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableEvent';
  }
}

export function payload(value: unknown): Payload {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Payload;
  }
  throw new UnreadableEvent(`expected an object, was ${JSON.stringify(value)}`);
}

export function text(from: Payload, field: string): string {
  const value = from[field];
  if (typeof value === 'string') return value;
  throw wrong(field, 'text', value);
}

export function textOrNull(from: Payload, field: string): string | null {
  const value = from[field];
  return value === null || value === undefined ? null : text(from, field);
}

export function integer(from: Payload, field: string): number {
  const value = from[field];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw wrong(field, 'an integer', value);
}

export function boolean(from: Payload, field: string): boolean {
  const value = from[field];
  if (typeof value === 'boolean') return value;
  throw wrong(field, 'true or false', value);
}

export function oneOf<T extends string>(from: Payload, field: string, allowed: readonly T[]): T {
  const value = from[field];
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw wrong(field, `one of ${allowed.join(', ')}`, value);
}

/** Applies a kernel parser that throws on bad text, such as `decimal` or `businessDate`. */
export function parsed<T>(from: Payload, field: string, parse: (text: string) => T): T {
  const value = text(from, field);
  try {
    return parse(value);
  } catch (cause) {
    if (!(cause instanceof Error)) throw wrong(field, 'readable text', value);
    throw new UnreadableEvent(`${field}: ${cause.message}`);
  }
}

export function parsedOrNull<T>(
  from: Payload,
  field: string,
  parse: (text: string) => T,
): T | null {
  return textOrNull(from, field) === null ? null : parsed(from, field, parse);
}

function wrong(field: string, expected: string, found: unknown): UnreadableEvent {
  const shown = (JSON.stringify(found) ?? 'nothing').slice(0, 80);
  return new UnreadableEvent(`${field}: expected ${expected}, was ${shown}`);
}
