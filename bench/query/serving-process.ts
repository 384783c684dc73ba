/**
 * One contender in a process of its own. Tells its parent the port, then answers each message with
 * the CPU it has used so far, in microseconds, user and system together.
 */

import { CONTENDERS, startContender } from './contenders.ts';

const wanted = process.argv[2];
const name = CONTENDERS.find((each) => each === wanted);
if (name === undefined) throw new Error(`expected one of ${CONTENDERS.join(', ')}`);

process.send?.(await startContender(name));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.on('disconnect', () => process.exit());
