/** What `npm run import` shows of an import: one line while it runs, a summary at its end. */

import { withoutControls } from '../subgraphs/market-data/domain/file-cell.ts';
import type { ImportRun } from '../subgraphs/market-data/domain/import-run.ts';
import type { ImportReport } from '../subgraphs/market-data/use-cases/run-import.ts';

export const MAX_FAULTS_SHOWN = 20;

export function progressLine(file: string, { tally, bytesRead, totalBytes }: ImportReport): string {
  const percent = totalBytes === 0 ? 100 : Math.floor((100 * bytesRead) / totalBytes);
  const faults = tally.faultCount === 0 ? '' : `, ${counted(tally.faultCount, 'fault')}`;
  return `${file}: ${percent} %, ${counted(tally.rowsRead, 'row')}${faults}`;
}

export function describeRun(run: ImportRun): string {
  const seconds = (((run.finishedAtMs ?? run.startedAtMs) - run.startedAtMs) / 1_000).toFixed(1);
  const lines = [
    `${run.fileName}: ${run.status} in ${seconds} s, source ${run.source}`,
    `  ${counted(run.rowsRead, 'row')} read, ${grouped(run.valuesStored)} new or changed, ` +
      `${grouped(run.valuesUnchanged)} unchanged, ${counted(run.faultCount, 'fault')}`,
  ];
  if (run.failure !== null) lines.push(`  It stopped early: ${run.failure}`);
  for (const { line, column, reason } of run.faults.slice(0, MAX_FAULTS_SHOWN)) {
    lines.push(`  line ${line}${column === null ? '' : `, column ${column}`}: ${reason}`);
  }
  const more = run.faultCount - Math.min(run.faults.length, MAX_FAULTS_SHOWN);
  if (more > 0) lines.push(`  and ${counted(more, 'fault')} more`);
  return `${lines.map(withoutControls).join('\n')}\n`;
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
