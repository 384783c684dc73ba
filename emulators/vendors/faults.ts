/** What an emulated endpoint is told to do wrong, and how often. */

export const FAULT_KINDS = [
  /** Answers after `ms`. */
  'DELAY',
  /** Does what it is asked, and the answer is lost. */
  'DROP',
  /** Acknowledges twice. */
  'DUPLICATE',
  /** Refuses with `code`. */
  'REJECT',
  /** Says that we are too fast. */
  'THROTTLE',
  /** Does nothing and answers nothing; the connection lives. */
  'HANG',
  /** From then on the connection stays open and nothing is read or sent on it, not even a pong. */
  'HALF_OPEN',
  /** Its clock is `ms` ahead, or behind when negative. */
  'CLOCK_SKEW',
  /** Every connection is cut, and new ones as well. */
  'DOWN',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export const FAULT_POINTS = ['TOKEN', 'LISTING', 'LOGIN', 'PRICE'] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Ignored for CLOCK_SKEW and DOWN, which are of the whole endpoint. */
  readonly at: FaultPoint;
  /** How many requests it hits; null for all until the faults are cleared. */
  readonly times: number | null;
  readonly ms: number;
  readonly code: string;
}

export const MAX_FAULTS = 100;

export interface FaultBook {
  /** The oldest of this point is taken first; false when there are too many. */
  add(fault: Fault): boolean;
  clear(): void;
  /** What goes wrong with this request, if anything; counts it. */
  take(at: FaultPoint): Fault | undefined;
  readonly isDown: boolean;
  /** Added to the clock. */
  readonly skewMs: number;
  readonly faults: readonly Fault[];
}

/** `onDown` is called when DOWN begins: connections are to be cut. */
export function createFaultBook(onDown: () => void): FaultBook {
  let faults: Fault[] = [];
  const ofEndpoint = (kind: FaultKind) => faults.findLast((fault) => fault.kind === kind);
  return {
    add(fault) {
      if (faults.length >= MAX_FAULTS) return false;
      faults.push(fault);
      if (fault.kind === 'DOWN') onDown();
      return true;
    },
    clear() {
      faults = [];
    },
    take(at) {
      const hit = faults.find(
        (fault) => fault.at === at && fault.kind !== 'DOWN' && fault.kind !== 'CLOCK_SKEW',
      );
      if (!hit || hit.times === null) return hit;
      const left = hit.times - 1;
      faults = faults.flatMap((fault) => {
        if (fault !== hit) return [fault];
        return left > 0 ? [{ ...fault, times: left }] : [];
      });
      return hit;
    },
    get isDown() {
      return ofEndpoint('DOWN') !== undefined;
    },
    get skewMs() {
      return ofEndpoint('CLOCK_SKEW')?.ms ?? 0;
    },
    get faults() {
      return faults;
    },
  };
}
