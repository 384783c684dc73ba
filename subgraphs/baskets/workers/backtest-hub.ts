/** Tells those who watch a backtest that it may have changed; they read what it is now. */

export interface BacktestHub {
  readonly changed: (backtestId: string) => void;
  /** Answers how to stop listening. */
  listen(backtestId: string, wake: () => void): () => void;
}

export function createBacktestHub(): BacktestHub {
  const listeners = new Map<string, Set<() => void>>();
  return {
    changed(backtestId) {
      for (const wake of listeners.get(backtestId) ?? []) wake();
    },
    listen(backtestId, wake) {
      const found = listeners.get(backtestId) ?? new Set();
      listeners.set(backtestId, found.add(wake));
      return () => {
        found.delete(wake);
        if (found.size === 0) listeners.delete(backtestId);
      };
    },
  };
}
