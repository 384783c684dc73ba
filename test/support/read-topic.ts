/** Reads a durable topic in a test: committed records show once older transactions have ended. */

import type { EventLog, LogRecord } from '#platform/ports';
import { eventually } from '../contract/ports/eventually.ts';

const MAX_RECORDS = 1_000;

/** All records of the topic, once they are `enough`; other databases of the server hold it back. */
export async function readTopic(
  eventLog: Pick<EventLog, 'readAfter'>,
  topic: string,
  enough: (records: readonly LogRecord[]) => boolean,
): Promise<readonly LogRecord[]> {
  let records: readonly LogRecord[] = [];
  await eventually(async () => {
    records = await eventLog.readAfter(topic, null, MAX_RECORDS);
    return enough(records);
  });
  return records;
}
