/** Backtests of 15 years and 500 names: the kernel against plain nested arrays, and all of it. */

import { measureEndToEnd } from '../backtest/measure-end-to-end.ts';
import { measureKernel } from '../backtest/measure-kernel.ts';
import type { Figure } from '../report.ts';

const ROUNDS = 15;
const END_TO_END_ROUNDS = 5;

export async function run(): Promise<readonly Figure[]> {
  const kernel = measureKernel({ rounds: ROUNDS });
  return [...kernel, ...(await measureEndToEnd({ rounds: END_TO_END_ROUNDS }))];
}
