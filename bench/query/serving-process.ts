/**
 * One contender in a process of its own. Tells its parent the port, then answers each question with
 * the CPU it has used so far, in microseconds, user and system together.
 */

import { answerParent } from '../child.ts';
import { CONTENDERS, startContender, type SubgraphUrls } from './contenders.ts';

const wanted = process.argv[2];
const names = [...CONTENDERS, 'ours-separate', 'default-separate'] as const;
const name = names.find((each) => each === wanted);
if (name === undefined) throw new Error(`expected one of ${names.join(', ')}`);
const urls = JSON.parse(process.argv[3] ?? '{}') as SubgraphUrls;

answerParent(await startContender(name, urls), async () => {
  const { user, system } = process.cpuUsage();
  return user + system;
});
