// Writes the next migration of one subgraph (or of `platform`) from its tables:
//
//     node --import tsx db/generate-migration.ts positions --name position_tables
//     node --import tsx db/generate-migration.ts positions --name event_rules --custom
//
// The second form makes an empty file for SQL by hand: partitions, triggers, comments, views.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { MIGRATION_FOLDERS } from './migrate.ts';

const USAGE = `usage: generate-migration.ts ${MIGRATION_FOLDERS.join('|')} --name NAME [--custom]`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string' }, custom: { type: 'boolean', default: false } },
});
const folder = MIGRATION_FOLDERS.find((name) => name === positionals[0]);

if (folder === undefined || values.name === undefined || !/^[a-z0-9_]+$/.test(values.name)) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = generate(folder, values.name);
}

function generate(folder: string, migrationName: string): number {
  const kitPackage = createRequire(import.meta.url).resolve('drizzle-kit');
  const home = folder === 'platform' ? 'platform' : `subgraphs/${folder}/store`;
  const { status } = spawnSync(
    process.execPath,
    [
      path.join(path.dirname(kitPackage), 'bin.cjs'),
      'generate',
      '--dialect=postgresql',
      `--schema=${home}/*tables.ts`,
      `--out=db/migrations/${folder}`,
      `--name=${migrationName}`,
      ...(values.custom ? ['--custom'] : []),
    ],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: 'inherit' },
  );
  return status ?? 1;
}
