/** Asks without end, each question in turn, and remembers what went wrong. */

import { setTimeout as delay } from 'node:timers/promises';

export interface ConstantLoad {
  readonly answered: () => number;
  readonly failures: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Enough to meet every moment of a restart, little enough to leave the machine to it. */
const PAUSE_MS = 300;

export function constantLoad(questions: readonly (() => Promise<unknown>)[]): ConstantLoad {
  const failures: string[] = [];
  const over = new AbortController();
  let answered = 0;

  async function ask(question: () => Promise<unknown>): Promise<void> {
    while (!over.signal.aborted) {
      try {
        await question();
        answered += 1;
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
      await delay(PAUSE_MS);
    }
  }

  const asking = Promise.all(questions.map(ask));
  return {
    answered: () => answered,
    failures: () => failures,
    stop: async () => {
      over.abort();
      await asking;
    },
  };
}
