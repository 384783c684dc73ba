/**
 * Ends a process in good order: what was opened last is stopped first, all within one time limit.
 *
 * Running: steps are added. Stopping: by `stop` or a first signal; steps run, a failing one does
 * not keep the others from theirs. Ended: all have run, or the limit has passed, or a second signal
 * came, which ends the process at once.
 */

import type { Logger } from './logger.ts';

export const STOP_LIMIT_MS = 15_000;
/** What a shell expects of a process ended by an interrupt. */
export const EXIT_INTERRUPTED = 130;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface ShutdownOptions {
  readonly logger: Logger;
  readonly exit: (code: number) => void;
  readonly limitMs?: number;
}

/** The part of `process` that tells of signals. */
export interface SignalSource {
  on(signal: (typeof SIGNALS)[number], listener: () => void): unknown;
  off(signal: (typeof SIGNALS)[number], listener: () => void): unknown;
}

export class Shutdown {
  readonly #options: ShutdownOptions;
  readonly #steps: { readonly name: string; readonly stop: () => Promise<void> }[] = [];
  #stopping: Promise<boolean> | undefined;

  constructor(options: ShutdownOptions) {
    this.#options = options;
  }

  /** Later ones stop first. Stops it at once when the end has begun already. */
  async add(name: string, stop: () => Promise<void>): Promise<void> {
    if (this.#stopping) await this.#run({ name, stop });
    else this.#steps.push({ name, stop });
  }

  /** Answers whether everything has stopped properly and in time. May be called again. */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stopWithinLimit();
    return this.#stopping;
  }

  /** The first signal stops and then exits; the second exits at once. Answers how to end this. */
  listenTo(source: SignalSource): () => void {
    const { exit } = this.#options;
    const listener = (): void => {
      if (this.#stopping) {
        exit(EXIT_INTERRUPTED);
        return;
      }
      void this.stop().then((isClean) => exit(isClean ? 0 : 1));
    };
    for (const signal of SIGNALS) source.on(signal, listener);
    return () => {
      for (const signal of SIGNALS) source.off(signal, listener);
    };
  }

  async #stopWithinLimit(): Promise<boolean> {
    const { limitMs = STOP_LIMIT_MS, logger } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => {
        logger.error({ limitMs }, 'stopping took too long');
        resolve(false);
      }, limitMs);
    });
    const isClean = await Promise.race([this.#runAll(), late]);
    clearTimeout(timer);
    return isClean;
  }

  async #runAll(): Promise<boolean> {
    let isClean = true;
    for (const step of this.#steps.splice(0).reverse()) {
      isClean = (await this.#run(step)) && isClean;
    }
    return isClean;
  }

  async #run({ name, stop }: { name: string; stop: () => Promise<void> }): Promise<boolean> {
    try {
      await stop();
      return true;
    } catch (error) {
      this.#options.logger.error({ err: error, step: name }, 'could not stop properly');
      return false;
    }
  }
}
