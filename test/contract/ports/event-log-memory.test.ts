import { createMemoryEventLog } from '#platform/event-log/memory-event-log';
import { describeEventLog } from './event-log-contract.ts';

describeEventLog({
  name: 'in memory',
  open: async () => {
    const log = createMemoryEventLog();
    return { log, append: (records) => log.append(records), close: () => log.close() };
  },
});
