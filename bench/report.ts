/** Prints what a bench measured and keeps the last result in bench/results. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Figure {
  /** What was measured, with its circumstances. */
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What the ratio is against, measured in the same run. */
  readonly reference?: { readonly what: string; readonly value: number };
  /** Reference over value for costs, value over reference for rates; above 1 is better. */
  readonly ratio?: number;
  /** At least this is wanted of the value or of the ratio, in words. */
  readonly target?: string;
}

const RESULTS = join(import.meta.dirname, 'results');
const SIGNIFICANT_DIGITS = 4;

/** Costs (time, CPU): the reference divided by the value. */
export function costFigure(
  figure: Omit<Figure, 'ratio' | 'reference'>,
  reference: { readonly what: string; readonly value: number },
): Figure {
  return { ...figure, reference, ratio: reference.value / figure.value };
}

/** Rates: the value divided by the reference. */
export function rateFigure(
  figure: Omit<Figure, 'ratio' | 'reference'>,
  reference: { readonly what: string; readonly value: number },
): Figure {
  return { ...figure, reference, ratio: figure.value / reference.value };
}

export function keepReport(name: string, figures: readonly Figure[]): void {
  for (const figure of figures) process.stdout.write(`${lineOf(figure)}\n`);
  const report = {
    bench: name,
    measuredOn: new Date().toISOString().slice(0, 10),
    commit: commitOf(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
      /** Above the number of cores others were at work too: then only the ratios say something. */
      loadAverage: Number(loadavg()[0]?.toFixed(1)),
    },
    figures,
  };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
}

function lineOf({ what, value, unit, reference, ratio, target }: Figure): string {
  const parts = [`${what}: ${short(value)} ${unit}`];
  if (reference && ratio !== undefined) {
    parts.push(`${short(ratio)}x of ${reference.what} (${short(reference.value)} ${unit})`);
  }
  if (target !== undefined) parts.push(`wanted: ${target}`);
  return parts.join('; ');
}

function short(value: number): string {
  return Number(value.toPrecision(SIGNIFICANT_DIGITS)).toLocaleString('en-US', {
    maximumSignificantDigits: SIGNIFICANT_DIGITS,
  });
}

function commitOf(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** The middle one of an odd number of runs, the mean of the middle two of an even one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}
