/** Runs the import rules, and fails as well when the checker read suspiciously few modules. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = 'kernel quant platform subgraphs gateway emulators db cli test bench'.split(' ');
/** With the wrong parser dependency-cruiser reads nothing and passes: then this number tells. */
export const LEAST_MODULES = 100;

interface CruiseResult {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly { rule: { name: string }; from: string; to: string }[];
  };
}

/**
 * Rules that allow `import type`. The swc parser does not tell dependency-cruiser which imports are
 * of types only, so it is read from the source here.
 */
const VALUE_IMPORT_RULES = ['use-cases-see-store-as-types-only', 'only-main-reads-config'];

export interface ImportReport {
  readonly moduleCount: number;
  /** One line each: rule, importing file, imported file. */
  readonly violations: readonly string[];
}

/** Cruises the folders of `root` that exist with the project's rules. */
export function checkImports(root: string): ImportReport {
  const run = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      join(root, '.dependency-cruiser.cjs'),
      '--output-type',
      'json',
      ...FOLDERS.filter((folder) => existsSync(join(root, folder))),
    ],
    { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  );
  if (!run.stdout.startsWith('{')) throw new Error(`the import check did not run: ${run.stderr}`);
  const { summary } = JSON.parse(run.stdout) as CruiseResult;
  const violations = summary.violations.filter(
    ({ rule, from, to }) =>
      !VALUE_IMPORT_RULES.includes(rule.name) || importsValues(root, from, to),
  );
  return {
    moduleCount: summary.totalCruised,
    violations: violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  };
}

const IMPORT = /^import\s+(type\s)?[^;]*?from\s+'([^']+)';/gms;

/** True unless every import of `to` in `from` is an `import type`. */
function importsValues(root: string, from: string, to: string): boolean {
  const source = readFileSync(join(root, from), 'utf8');
  const imports = [...source.matchAll(IMPORT)].filter(([, , specifier = '']) => {
    const path = specifier.startsWith('#')
      ? `${specifier.slice(1)}.ts`
      : normalize(join(dirname(from), specifier));
    return path === to;
  });
  return imports.length === 0 || imports.some(([, type]) => type === undefined);
}

if (process.argv[1] === import.meta.filename) {
  const { moduleCount, violations } = checkImports(ROOT);
  for (const line of violations) process.stderr.write(`${line}\n`);
  if (moduleCount < LEAST_MODULES) {
    process.stderr.write(`expected at least ${LEAST_MODULES} modules, read ${moduleCount}\n`);
  }
  process.stdout.write(`import rules: ${moduleCount} modules, ${violations.length} violations\n`);
  process.exitCode = violations.length > 0 || moduleCount < LEAST_MODULES ? 1 : 0;
}
