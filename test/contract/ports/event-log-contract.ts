/** What every EventLog must do, run over each implementation by the `event-log-*.test.ts` files. */

import { describe } from 'vitest';
import { testDelivery } from './event-log-delivery.ts';
import { testFailures } from './event-log-failures.ts';
import { testGroups } from './event-log-groups.ts';
import { type EventLogContract, useEventLog } from './event-log-stage.ts';
import { testTailing } from './event-log-tailing.ts';

export function describeEventLog(contract: EventLogContract): void {
  const { name, skipReason } = contract;
  describe.skipIf(skipReason !== undefined)(`PL EventLog contract: ${name}`, () => {
    const stage = useEventLog(contract);
    testDelivery(stage);
    testFailures(stage);
    testGroups(stage, contract);
    testTailing(stage);
  });
}
