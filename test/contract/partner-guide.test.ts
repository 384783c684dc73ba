/** The partner guide says what tests run: its programs are files of test/clients, word for word. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const guide = read('docs/partner-guide.md');
const CLIENTS = 'test/clients';

function blocksOf(language: string) {
  const fence = new RegExp(`(?:<!-- (\\S+) -->\\n)?\`\`\`${language}\\n([^]*?)\`\`\``, 'g');
  return [...guide.matchAll(fence)].map(([, file = '', text = '']) => ({ file, text }));
}

test('each program is a whole file that a test runs', () => {
  const programs = blocksOf('ts');
  expect(programs.length).toBeGreaterThanOrEqual(5);
  const story = read('test/e2e/clients.test.ts');
  for (const { file, text } of programs) {
    expect(text).toBe(read(file));
    expect(story).toContain(file.replace('test/', '../'));
  }
});

test('no program of the tests is kept from partners', () => {
  const shown = blocksOf('ts').map(({ file }) => file);
  const files = readdirSync(join(ROOT, CLIENTS)).filter((file) => /^[a-z-]+\.ts$/.test(file));
  const expected = files
    .filter((file) => file !== 'generate.ts')
    .map((file) => `${CLIENTS}/${file}`);
  expect(shown.sort()).toEqual(expected.sort());
});

test('each document can be run', () => {
  const schema = buildSchema(read('schema/api.graphql'));
  const documents = blocksOf('graphql');
  expect(documents.length).toBeGreaterThan(0);
  for (const { text } of documents) expect(validate(schema, parse(text))).toEqual([]);
});

test('each field that streams is said to resume or not', () => {
  const fields = buildSchema(read('schema/api.graphql')).getSubscriptionType()?.getFields() ?? {};
  const rows = guide.split('| after a cut |')[1]?.split('\n\n')[0]?.split('\n') ?? [];
  for (const { name, args } of Object.values(fields)) {
    const row = rows.find((each) => each.includes(`\`${name}\``));
    const resumes = args.some((argument) => argument.name === 'after');
    expect({ name, resumes: row?.includes('as `after`') }).toEqual({ name, resumes });
  }
});

test('the files it points to are there', () => {
  for (const [, link = ''] of guide.matchAll(/\]\(([^)#]+)/g)) {
    expect(read(join('docs', link)).length).toBeGreaterThan(0);
  }
});
