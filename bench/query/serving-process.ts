/**
 * One contender in a process of its own. Tells its parent the port, then answers each question with
 * the CPU it has used so far, in microseconds, user and system together.
 */

import { answerParent } from '../child.ts';
import { CONTENDERS, startContender } from './contenders.ts';

const wanted = process.argv[2];
const name = CONTENDERS.find((each) => each === wanted);
if (name === undefined) throw new Error(`expected one of ${CONTENDERS.join(', ')}`);

answerParent(await startContender(name), async () => {
  const { user, system } = process.cpuUsage();
  return user + system;
});
