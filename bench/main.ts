/** `npm run bench -- NAME`: measures one hot path against its reference in the same run. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Figure, keepReport } from './report.ts';

const FOLDER = join(import.meta.dirname, 'runs');
const names = readdirSync(FOLDER).map((file) => file.replace(/\.ts$/, ''));
const [name] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  process.stderr.write(`Name one of: ${names.join(', ')}\n`);
  process.exit(1);
}
const { run } = (await import(pathToFileURL(join(FOLDER, `${name}.ts`)).href)) as {
  run: () => Promise<readonly Figure[]>;
};
const figures = await run();
if (figures.length > 0) keepReport(name, figures);
process.exit(0);
