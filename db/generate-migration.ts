// Writes the next migration of the one history, from the tables of the platform and all subgraphs:
//
//     npm run generate:migration -- --name position_tables
//     npm run generate:migration -- --name event_rules --custom
//
// The second form makes an empty file for SQL by hand: partitions, triggers, comments, views.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TABLES = './{platform,subgraphs/*/store}/*tables.ts';

const { values } = parseArgs({
  options: {
    name: { type: 'string' },
    custom: { type: 'boolean', default: false },
    out: { type: 'string', default: 'db/migrations' },
  },
});

if (values.name === undefined || !/^[a-z0-9_]+$/.test(values.name)) {
  process.stderr.write('usage: npm run generate:migration -- --name NAME [--custom]\n');
  process.exitCode = 2;
} else {
  process.exitCode = generate(values.name);
}

function generate(migrationName: string): number {
  const kitPackage = createRequire(import.meta.url).resolve('drizzle-kit');
  const { status } = spawnSync(
    process.execPath,
    [
      path.join(path.dirname(kitPackage), 'bin.cjs'),
      'generate',
      '--dialect=postgresql',
      `--schema=${TABLES}`,
      `--out=${path.relative(ROOT, path.resolve(ROOT, values.out))}`,
      `--name=${migrationName}`,
      ...(values.custom ? ['--custom'] : []),
    ],
    { cwd: ROOT, stdio: 'inherit' },
  );
  return status ?? 1;
}
