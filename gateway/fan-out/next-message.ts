/** The `next` messages of graphql-transport-ws in two parts: the client's own, and the shared. */

import { bytesOf } from '#platform/http/text-frame';

/** Of one operation of one client; the id is its own choice. */
export function messageStart(operationId: string): string {
  return bytesOf(`{"id":${JSON.stringify(operationId)},"type":"next","payload":`);
}

/** Of one event, the same for all. */
export function messageRest(payload: object): string {
  return bytesOf(`${JSON.stringify(payload)}}`);
}
