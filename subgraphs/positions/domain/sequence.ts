/** Sequences of the log: decimal digits that grow, too long for a number. */

const SEQUENCE = /^\d{1,32}$/;

export function isSequence(text: string): boolean {
  return SEQUENCE.test(text);
}

/** Below zero when `a` comes before `b`. */
export function compareSequences(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
