/** The countable rules of the house: each function answers with faults, one sentence each. */

export const MAX_FILE_LINES = 400;
export const MAX_LINE_LENGTH = 100;

/** Addresses, and imports of one name from a long path, which the formatter leaves alone. */
const UNBREAKABLE = /https?:\/\/|^import \S+ \S+ \} from '/;

const BANNED_NAMES = ['utils', 'helpers', 'common', 'misc', 'types', 'index'];
const SUBGRAPH_PARTS = ['README.md', 'main.ts', 'domain', 'use-cases', 'store', 'graphql'];
const OPTIONAL_SUBGRAPH_PARTS = ['workers'];

interface TextRule {
  readonly name: string;
  readonly pattern: RegExp;
  /** Which files the rule holds for. */
  readonly where: (file: string) => boolean;
}

const isTest = (file: string): boolean => /\.test\.ts$|^test\//.test(file);
const isCommandOutput = (file: string): boolean => /^(cli|bench)\//.test(file);
const isCore = (file: string): boolean => /^subgraphs\/[^/]+\/(domain|use-cases)\//.test(file);

const TEXT_RULES: readonly TextRule[] = [
  { name: 'a focused test', pattern: /\b(test|it|describe)\.only\(/, where: isTest },
  {
    name: 'console output',
    pattern: /\bconsole\.\w+\(/,
    where: (file) => !isTest(file) && !isCommandOutput(file),
  },
  {
    name: 'the any type',
    pattern: /(:\s*|\bas\s+|<)any\b(?! [a-z])/,
    where: (file) => !isTest(file),
  },
  {
    name: 'process.env',
    pattern: /\bprocess\.env\b/,
    where: (file) => file !== 'platform/config.ts' && !isTest(file) && !file.startsWith('bench/'),
  },
  {
    name: 'a clock or chance in the core',
    pattern: /\bnew Date\(\)|\bDate\.now\(|\bMath\.random\b|\brandomUUID\b/,
    where: (file) => isCore(file) && !isTest(file),
  },
  { name: 'a TODO without an issue', pattern: /\bTODO\b(?!\(#\d+\))/, where: () => true },
];

/** `file` is relative to the root, with slashes. */
export function tidyFaultsOf(file: string, text: string): readonly string[] {
  const faults: string[] = [];
  const lines = text.split('\n');
  if (lines.length > MAX_FILE_LINES + 1) {
    faults.push(`${file} has ${lines.length - 1} lines, at most ${MAX_FILE_LINES}`);
  }
  lines.forEach((line, index) => {
    const place = `${file}:${index + 1}`;
    if (line.length > MAX_LINE_LENGTH && !UNBREAKABLE.test(line)) {
      faults.push(`${place} is ${line.length} columns wide, at most ${MAX_LINE_LENGTH}`);
    }
    for (const rule of TEXT_RULES) {
      if (rule.where(file) && rule.pattern.test(line)) faults.push(`${place} has ${rule.name}`);
    }
  });
  return [...faults, ...nameFaultsOf(file)];
}

function nameFaultsOf(file: string): readonly string[] {
  const parts = file.split('/').map((part) => part.replace(/\..*$/, ''));
  const banned = parts.filter((part) => BANNED_NAMES.includes(part));
  const odd = parts.filter((part) => !/^\.?[a-z0-9]+(-[a-z0-9]+)*$/.test(part));
  return [
    ...banned.map((name) => `${file} is named ${name}, which says nothing`),
    ...odd.map((name) => `${file}: ${name} is not in kebab-case`),
  ];
}

/** `entries` are the names directly inside subgraphs/<name>/. */
export function subgraphShapeFaults(name: string, entries: readonly string[]): readonly string[] {
  const needed = [...SUBGRAPH_PARTS, `${name}.graphql`];
  const allowed = [...needed, ...OPTIONAL_SUBGRAPH_PARTS];
  return [
    ...needed
      .filter((part) => !entries.includes(part))
      .map((part) => `subgraphs/${name} lacks ${part}`),
    ...entries
      .filter((part) => !allowed.includes(part))
      .map((part) => `subgraphs/${name} has ${part}, which no subgraph has`),
  ];
}
