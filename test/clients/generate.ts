/**
 * Types and documents of a partner's program from `partner.graphql`, as the client preset of
 * GraphQL Code Generator makes them, and their manifest for the gateway's safelist.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { parse } from 'graphql';

const FOLDER = 'test/clients';
const OPERATIONS = join(import.meta.dirname, 'partner.graphql');
/** Of the files that the preset makes; the others serve a tag function that nobody here uses. */
const KEPT = new Map([
  [`${FOLDER}/graphql.ts`, `${FOLDER}/documents.generated.ts`],
  [`${FOLDER}/persisted-documents.json`, `${FOLDER}/persisted-documents.json`],
]);

/** Contents by path. `apiSdl` is what clients see. */
export async function partnerClient(apiSdl: string): Promise<ReadonlyMap<string, string>> {
  const rawSDL = readFileSync(OPERATIONS, 'utf8');
  const sections = await preset.buildGeneratesSection({
    baseOutputDir: `${FOLDER}/`,
    schema: parse(apiSdl),
    documents: [{ location: OPERATIONS, document: parse(rawSDL), rawSDL }],
    config: {
      useTypeImports: true,
      immutableTypes: true,
      scalars: {
        // Exact decimals and dates are text in JSON; a number would lose digits.
        Decimal: 'string',
        Date: 'string',
        DateTime: 'string',
      },
    },
    presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
    plugins: [],
    pluginMap: {},
  });
  const made = new Map<string, string>();
  for (const section of sections) {
    const file = KEPT.get(section.filename);
    if (file !== undefined) made.set(file, withKnownImport(await codegen(section)));
  }
  return made;
}

/** The same type under the name of a package we have; the preset's own has no code to be found. */
function withKnownImport(text: string): string {
  return `${text.trimEnd()}\n`.replace('@graphql-typed-document-node/core', '@apollo/client');
}
