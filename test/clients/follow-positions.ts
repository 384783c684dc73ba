/** graphql-ws alone: a stream that goes on where it was cut, without a gap. */

import { createClient } from 'graphql-ws';
import { print } from 'graphql';
import WebSocket from 'ws';
import {
  PositionChangesDocument,
  type PositionChangesSubscription,
} from './documents.generated.ts';

export type PositionChange = PositionChangesSubscription['positionChanged'];

export interface FollowOptions {
  readonly url: string;
  readonly token: () => string;
  readonly bookId: string;
  /** `sequence` of the last change that was kept; null follows from now on. */
  readonly after: string | null;
  /** Keep `sequence` with what you do here. */
  readonly onChange: (change: PositionChange) => void;
  /** Refused for good, or not to be reached any more. */
  readonly onEnd: (reason: unknown) => void;
}

const MAX_RETRIES = 20;
const RETRY_MS = 500;
/** What the errors of a stream say when a later try may go well. */
const PASSING = ['UPSTREAM_UNAVAILABLE', 'TIMEOUT', 'RATE_LIMITED'];

export function followPositions({ url, token, bookId, onChange, ...options }: FollowOptions) {
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    // Asked for at each connection: a token lives shorter than a stream.
    connectionParams: () => ({ authorization: `Bearer ${token()}` }),
    retryAttempts: MAX_RETRIES,
    // 4403 is a token that is not accepted, or one that has expired: a new one may help then.
    shouldRetry: (event) => !isRefusal(event),
    // Finds a dead connection that nobody closed.
    keepAlive: 10_000,
    webSocketImpl: WebSocket,
  });
  // Sent as it is then when the socket was cut and is back.
  const variables = { bookId, after: options.after };
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function subscribe(): void {
    client.subscribe<PositionChangesSubscription>(
      { query: print(PositionChangesDocument), variables },
      {
        next: ({ data }) => {
          if (!data) return;
          failures = 0;
          variables.after = data.positionChanged.sequence;
          onChange(data.positionChanged);
        },
        error: (reason) => {
          failures += 1;
          if (isPassing(reason) && failures <= MAX_RETRIES) timer = setTimeout(subscribe, RETRY_MS);
          else options.onEnd(reason);
        },
        complete: () => options.onEnd(undefined),
      },
    );
  }

  subscribe();
  return {
    close: () => {
      clearTimeout(timer);
      return client.dispose();
    },
  };
}

function isRefusal(event: unknown): boolean {
  if (typeof event !== 'object' || event === null || !('code' in event)) return true;
  return event.code === 4403 && !('reason' in event && event.reason === 'token expired');
}

/** An `error` message ends one operation and leaves the socket open. */
function isPassing(reason: unknown): boolean {
  if (!Array.isArray(reason)) return false;
  const errors: { extensions?: { code?: string } }[] = reason;
  return errors.every(({ extensions }) => PASSING.includes(extensions?.code ?? ''));
}
