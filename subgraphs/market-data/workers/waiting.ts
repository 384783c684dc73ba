/** Waiting inside one process: for a ring, and until a condition holds. */

/** One waits, anyone rings; a ring that nobody waits for is forgotten. */
export function createBell() {
  let wake: (() => void) | undefined;
  return {
    ring: (): void => wake?.(),
    /** Until the next ring, or until `limitMs` is over. */
    async rung(limitMs?: number): Promise<void> {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (limitMs !== undefined) timer = setTimeout(resolve, limitMs);
      });
      clearTimeout(timer);
      wake = undefined;
    },
  };
}

/** Many wait until `isOpen`; whoever changes what it looks at calls `update`. */
export function createGate(isOpen: () => boolean) {
  const waiting: (() => void)[] = [];
  return {
    async passed(): Promise<void> {
      for (;;) {
        if (isOpen()) return;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    update(): void {
      if (isOpen()) for (const resolve of waiting.splice(0)) resolve();
    },
  };
}
