/** Keeps the countable rules of the style guide; every rule is proved by a planted fault. */

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkImports, LEAST_MODULES } from './support/check-imports.ts';
import { lintSdl } from './support/check-schema.ts';
import { MAX_FILE_LINES, subgraphShapeFaults, tidyFaultsOf } from './support/tidy-rules.ts';

const ROOT = join(import.meta.dirname, '..');
const GENERATED = /\.generated\.ts$|^schema\/(supergraph|api)\.graphql$|^db\/migrations\//;

function filesInTree(): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((file) => file !== '');
}

const readText = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

describe('the tree', () => {
  const sources = filesInTree().filter((file) => file.endsWith('.ts') && !GENERATED.test(file));

  test('has source files to check', () => {
    expect(sources.length).toBeGreaterThan(LEAST_MODULES);
  });

  test('keeps the rules of a file', () => {
    const checkers = ['test/support/tidy-rules.ts', 'test/tidy.test.ts'];
    const checked = sources.filter((file) => !checkers.includes(file));
    expect(checked.flatMap((file) => tidyFaultsOf(file, readText(file)))).toEqual([]);
  });

  test('has subgraphs of one shape', () => {
    const names = readdirSync(join(ROOT, 'subgraphs'));
    expect(names.sort()).toEqual(['baskets', 'market-data', 'orders', 'positions', 'risk']);
    const faults = names.flatMap((name) =>
      subgraphShapeFaults(name, readdirSync(join(ROOT, 'subgraphs', name))),
    );
    expect(faults).toEqual([]);
  });

  test('states the source of every golden folder', () => {
    const golden = filesInTree().filter((file) => file.startsWith('test/golden/'));
    const folders = new Set(golden.map((file) => dirname(file)));
    const without = [...folders].filter((folder) => !golden.includes(`${folder}/SOURCE.md`));
    expect(without).toEqual([]);
  });

  test('has fresh generated files', () => {
    const run = execFileSync(process.execPath, ['--import', 'tsx', 'codegen.ts', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(run).toContain('generated files are fresh');
  });
});

describe('the README', () => {
  test('has every variable of the environment, and no other', () => {
    const config = readText('platform/config.ts');
    const known = [...config.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name = '']) => name);
    const table = readText('README.md').split('## Environment')[1]?.split('\n## ')[0] ?? '';
    const said = [...table.matchAll(/`([A-Z][A-Z0-9_<>]+)`/g)].map(([, name = '']) => name);
    const subgraphs = ['MARKET_DATA', 'BASKETS', 'POSITIONS', 'ORDERS', 'RISK'];
    const spelled = said
      .filter((name) => !subgraphs.includes(name))
      .flatMap((name) =>
        name.includes('<NAME>') ? subgraphs.map((each) => name.replace('<NAME>', each)) : [name],
      );
    expect(known.length).toBeGreaterThan(15);
    expect([...new Set(spelled)].sort()).toEqual(known.sort());
  });
});

describe('the migrations', () => {
  test('say all that the tables say', () => {
    const folder = mkdtempSync(join(ROOT, 'db/migrations-check-'));
    try {
      cpSync(join(ROOT, 'db/migrations'), folder, { recursive: true });
      const before = readdirSync(folder);
      generateMigration(folder);
      expect(readdirSync(folder)).toEqual(before);
      rmSync(join(folder, 'meta'), { recursive: true });
      generateMigration(folder);
      expect(readdirSync(folder).length).toBeGreaterThan(before.length);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);

  function generateMigration(folder: string): void {
    execFileSync(
      process.execPath,
      ['--import', 'tsx', 'db/generate-migration.ts', '--name', 'check', '--out', folder],
      { cwd: ROOT, stdio: 'pipe' },
    );
  }
});

describe('each rule of a file catches a planted fault', () => {
  const core = 'subgraphs/orders/domain/order.ts';
  test.each([
    ['too many lines', core, 'a\n'.repeat(MAX_FILE_LINES + 1)],
    ['too wide a line', core, `const a = '${'x'.repeat(100)}';`],
    ['a focused test', 'kernel/decimal.test.ts', "test.only('x', () => {});"],
    ['console output', 'gateway/main.ts', "console.log('x');"],
    ['the any type', core, 'const a: any = 1;'],
    ['a cast to any', core, 'const a = b as any;'],
    ['process.env outside the config', 'gateway/main.ts', 'process.env.PORT'],
    ['now in a domain', core, 'const at = Date.now();'],
    ['chance in a use case', 'subgraphs/orders/use-cases/a.ts', 'Math.random()'],
    ['a TODO without an issue', core, '// TODO later'],
    ['a name that says nothing', 'subgraphs/orders/domain/utils.ts', ''],
    ['a folder that says nothing', 'platform/helpers/retry.ts', ''],
    ['a name not in kebab-case', 'platform/eventLog.ts', ''],
  ])('%s', (_what, file, text) => {
    expect(tidyFaultsOf(file, text)).not.toEqual([]);
  });

  test('and lets a clean file pass', () => {
    expect(tidyFaultsOf(core, 'export const lotSize = 100n;\n')).toEqual([]);
  });

  test('a subgraph with a part missing and one too many', () => {
    const entries = ['README.md', 'main.ts', 'domain', 'use-cases', 'store', 'graphql', 'lib'];
    expect(subgraphShapeFaults('orders', entries)).toEqual([
      'subgraphs/orders lacks orders.graphql',
      'subgraphs/orders has lib, which no subgraph has',
    ]);
  });
});

describe('the schema lint catches', () => {
  test.each([
    ['a field without a description', 'type A { b: Int }'],
    ['a root field open to nobody and everybody', 'type Query { "x" b: Int }'],
    ['a connection without pages', '"x" type A { "x" b: BConnection }'],
    ['an enum value not in upper snake', '"x" enum A { "x" someValue }'],
    ['a compound key', '"x" type A @key(fields: "id code") { "x" id: ID }'],
    [
      '@requires of a field with arguments',
      '"x" type A { "x" price("x" at: Int): Int "x" value: Int @requires(fields: "price") }',
    ],
  ])('%s', (_what, sdl) => {
    expect(lintSdl(sdl)).not.toEqual([]);
  });
});

describe('the import rules catch', () => {
  let root = '';

  const plant = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'plumbline-imports-'));
    for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
      cpSync(join(ROOT, file), join(root, file));
    }
    plant('node_modules/drizzle-orm/package.json', '{"name":"drizzle-orm","main":"main.js"}');
    plant('node_modules/drizzle-orm/main.js', 'exports.eq = 1;');
    const blank = 'export const blank = 1;\n';
    const targets = [
      'kernel/decimal.ts',
      'platform/config.ts',
      'platform/clock.ts',
      'subgraphs/orders/store/tables.ts',
      'subgraphs/risk/domain/limit.ts',
      'gateway/http-server.ts',
      'cli/start.ts',
      'emulators/vendors/faults.ts',
    ];
    for (const file of targets) plant(file, blank);
  });

  afterAll(() => {
    rmSync(root, { recursive: true, force: true });
  });

  const planted: readonly (readonly [rule: string, file: string, imported: string])[] = [
    ['kernel-is-a-leaf', 'kernel/planted.ts', '../platform/clock.ts'],
    ['quant-sees-kernel-only', 'quant/planted.ts', '../platform/clock.ts'],
    ['platform-knows-no-room', 'platform/planted.ts', '../gateway/http-server.ts'],
    ['gateway-knows-no-subgraph', 'gateway/planted.ts', '../subgraphs/risk/domain/limit.ts'],
    ['nobody-imports-commands', 'gateway/planted-too.ts', '../cli/start.ts'],
    ['domain-is-pure', 'subgraphs/orders/domain/planted.ts', 'node:fs'],
    ['domain-is-pure', 'subgraphs/orders/domain/planted-too.ts', '../../../platform/clock.ts'],
    ['no-cross-subgraph', 'subgraphs/orders/workers/planted.ts', '../../risk/domain/limit.ts'],
    [
      'use-cases-see-store-as-types-only',
      'subgraphs/orders/use-cases/planted.ts',
      '../store/tables.ts',
    ],
    ['edges-do-not-touch-sql', 'subgraphs/orders/graphql/planted.ts', 'drizzle-orm'],
    [
      'only-main-reads-config',
      'subgraphs/orders/workers/planted-too.ts',
      '../../../platform/config.ts',
    ],
    ['emulators-stand-alone', 'emulators/vendors/planted.ts', '../../gateway/http-server.ts'],
    ['nobody-relies-on-emulators', 'platform/planted-too.ts', '../emulators/vendors/faults.ts'],
    ['unresolvable', 'kernel/planted-too.ts', './nowhere.ts'],
  ];

  test('nothing in a tree without faults', () => {
    expect(checkImports(root).violations).toEqual([]);
  });

  test('every planted import, by the name of its rule', () => {
    for (const [, file, imported] of planted) {
      plant(file, `import * as planted from '${imported}';\nexport const seen = planted;\n`);
    }
    const { violations } = checkImports(root);
    for (const [, file] of planted) rmSync(join(root, file));
    const missed = planted.filter(
      ([rule, file]) => !violations.some((line) => line.startsWith(`${rule}: ${file}`)),
    );
    expect(missed).toEqual([]);
  });

  test('a cycle', () => {
    plant('kernel/one.ts', "import { two } from './two.ts';\nexport const one = () => two;\n");
    plant('kernel/two.ts', "import { one } from './one.ts';\nexport const two = () => one;\n");
    const { violations } = checkImports(root);
    expect(violations.some((line) => line.startsWith('no-cycles'))).toBe(true);
  });
});
