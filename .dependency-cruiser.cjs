// Who may import whom: docs/architecture.md shows the same as a picture.
const sub = '^subgraphs/([^/]+)/';
const rule = (name, from, to) => ({ name, severity: 'error', from, to });
const notTests = '\\.test\\.ts$|-test-support\\.ts$|^test/';

module.exports = {
  forbidden: [
    rule('no-cycles', {}, { circular: true }),
    // The gateway interface has types only: nothing to resolve at run time.
    rule(
      'unresolvable',
      {},
      { couldNotResolve: true, pathNot: '^@apollo/server-gateway-interface$' },
    ),
    rule('kernel-is-a-leaf', { path: '^kernel/', pathNot: notTests }, { pathNot: '^kernel/' }),
    rule(
      'quant-sees-kernel-only',
      { path: '^quant/', pathNot: notTests },
      { pathNot: '^(quant|kernel)/' },
    ),
    rule(
      'platform-knows-no-room',
      { path: '^platform/', pathNot: notTests },
      { path: '^(subgraphs|gateway|cli|db)/' },
    ),
    rule(
      'gateway-knows-no-subgraph',
      { path: '^gateway/', pathNot: notTests },
      { path: '^(subgraphs|cli|db)/' },
    ),
    rule(
      'emulators-stand-alone',
      { path: '^emulators/', pathNot: notTests },
      { path: '^(subgraphs|gateway|cli|db|quant)/' },
    ),
    rule(
      'nobody-relies-on-emulators',
      { pathNot: `^(emulators|cli|bench)/|${notTests}` },
      { path: '^emulators/' },
    ),
    rule(
      'nobody-imports-commands',
      { pathNot: `^(cli|bench)/|^codegen|${notTests}` },
      { path: '^(cli|bench|test)/' },
    ),
    rule(
      'domain-is-pure',
      { path: `${sub}domain/`, pathNot: notTests },
      { pathNot: ['^subgraphs/$1/domain/', '^kernel/', '^quant/'] },
    ),
    rule('no-cross-subgraph', { path: sub }, { path: '^subgraphs/', pathNot: '^subgraphs/$1/' }),
    rule(
      'use-cases-see-store-as-types-only',
      { path: `${sub}use-cases/`, pathNot: notTests },
      {
        path: [
          '^subgraphs/$1/(store|graphql|workers)/',
          'node_modules/(drizzle-orm|postgres|ioredis)/',
        ],
        dependencyTypesNot: ['type-only'],
      },
    ),
    rule(
      'edges-do-not-touch-sql',
      { path: `${sub}(graphql|workers)/`, pathNot: notTests },
      { path: ['node_modules/(drizzle-orm|postgres|ioredis)/', '/store/tables'] },
    ),
    rule(
      'only-main-reads-config',
      { pathNot: `(^|/)main\\.ts$|^platform/|^cli/|^bench/|${notTests}` },
      { path: '^platform/config', dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.data)/' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'default', 'node'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
