/** Backtests of 15 years and 500 names: the kernel alone against plain nested arrays. */

import { measureKernel } from '../backtest/measure-kernel.ts';
import type { Figure } from '../report.ts';

const ROUNDS = 15;

export function run(): Promise<readonly Figure[]> {
  return Promise.resolve(measureKernel({ rounds: ROUNDS }));
}
