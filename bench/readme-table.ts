/**
 * The README's table of figures, made from bench/results, so that it cannot say anything else:
 * those
 * with a target. The rest is in the files.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from './report.ts';

const RESULTS = join(import.meta.dirname, 'results');
const BEGIN = '<!-- figures: made by npm run generate -->';
const END = '<!-- end of figures -->';
const SIGNIFICANT_DIGITS = 3;

/** The README with its block of figures made anew; the text itself when it has no such block. */
export function withFigures(readme: string): string {
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) return readme;
  return `${before}${BEGIN}\n${tableOfFigures()}\n${END}${after}`;
}

function tableOfFigures(): string {
  const rows = readdirSync(RESULTS)
    .sort()
    .flatMap((file) => {
      const { bench, figures } = JSON.parse(readFileSync(join(RESULTS, file), 'utf8')) as {
        readonly bench: string;
        readonly figures: readonly Figure[];
      };
      return figures
        .filter(({ target }) => target !== undefined)
        .map((figure) => rowOf(bench, figure));
    });
  return [
    '| bench | what | figure | against | wanted |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function rowOf(bench: string, { what, value, unit, reference, ratio, target }: Figure): string {
  const against =
    reference === undefined || ratio === undefined
      ? ''
      : `${short(ratio)}x of ${reference.what} (${short(reference.value)} ${unit})`;
  return `| ${bench} | ${what} | ${short(value)} ${unit} | ${against} | ${target ?? ''} |`;
}

function short(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: SIGNIFICANT_DIGITS });
}
