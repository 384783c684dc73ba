/**
 * Notifications of Postgres over one connection of its own.
 *
 * Connecting: tries without end, with backoff. Listening: passes on what arrives. When the
 * connection breaks it connects again and then calls every listener with an empty payload, for
 * nobody knows what was missed. A notification is a wake-up call, never data: listeners also poll.
 */

import postgres, { type Options, type Sql } from 'postgres';
import { type Backoff, backoffMs, pause } from './backoff.ts';
import type { Logger } from './logger.ts';

type Listener = (payload: string) => void;
const RECONNECT_BACKOFF: Backoff = { firstMs: 50, maxMs: 5_000 };
const CONNECT_TIMEOUT_S = 10;
const CLOSE_TIMEOUT_S = 1;

export class PostgresNotifications {
  readonly #url: string;
  readonly #logger: Logger;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #closing = new AbortController();
  #connection: Sql | undefined;
  #loop: Promise<void> | undefined;

  constructor({ url, logger }: { url: string; logger: Logger }) {
    this.#url = url;
    this.#logger = logger;
  }

  /** Answers how to stop listening. */
  on(channel: string, listener: Listener): () => void {
    const others = this.#listeners.get(channel);
    const listeners = others ?? new Set();
    listeners.add(listener);
    this.#listeners.set(channel, listeners);
    if (!others && this.#connection) {
      this.#connection`listen ${this.#connection(channel)}`.catch((error: unknown) => {
        this.#logger.warn({ err: error, channel }, 'could not listen, will poll only');
      });
    }
    this.#loop ??= this.#run();
    return () => listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      const broken = new AbortController();
      const connection = this.#open(broken);
      try {
        for (const channel of this.#listeners.keys()) {
          await connection`listen ${connection(channel)}`;
        }
        this.#connection = connection;
        failures = 0;
        this.#wakeAll();
        await aborted(AbortSignal.any([signal, broken.signal]));
      } catch (error) {
        failures += 1;
        this.#logger.warn({ err: error }, 'could not listen to Postgres, will try again');
      }
      this.#connection = undefined;
      await connection.end({ timeout: CLOSE_TIMEOUT_S }).catch(() => undefined);
      await pause(backoffMs(failures + 1, RECONNECT_BACKOFF), signal);
    }
  }

  #open(broken: AbortController): Sql {
    // `onnotify` is read by the driver and missing in its types; its own `listen` gives up for good
    // when the first attempt to reconnect fails.
    const options: Options<Record<string, never>> & {
      onnotify: (channel: string, payload: string) => void;
    } = {
      max: 1,
      max_lifetime: null,
      connect_timeout: CONNECT_TIMEOUT_S,
      fetch_types: false,
      onnotice: () => undefined,
      connection: { application_name: 'plumbline-notifications' },
      onclose: () => {
        broken.abort();
      },
      onnotify: (channel, payload) => {
        for (const listener of this.#listeners.get(channel) ?? []) listener(payload);
      },
    };
    return postgres(this.#url, options);
  }

  #wakeAll(): void {
    for (const listeners of this.#listeners.values()) {
      for (const listener of listeners) listener('');
    }
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
