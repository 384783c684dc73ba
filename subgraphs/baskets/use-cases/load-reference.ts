/** What is known about the names of a proposal when the command comes. */

import {
  MAX_CONSTITUENTS,
  type ProposedConstituent,
  type ReferenceData,
} from '../domain/composition.ts';
import type { ReferenceDataReader } from '../store/reference-data.ts';

/** Codes are upper case everywhere inside. */
export const normalizedCode = (text: string): string => text.toUpperCase();

/** Symbols are upper case everywhere inside. */
export function normalized(constituents: readonly ProposedConstituent[]): ProposedConstituent[] {
  return constituents.map(({ symbol, weight }) => ({
    symbol: symbol.toUpperCase(),
    weight,
  }));
}

/** Of the first names up to the limit: a longer list is refused for its length. */
export async function loadReference(
  reader: ReferenceDataReader,
  symbols: readonly string[],
): Promise<ReferenceData> {
  const [instruments, fx] = await Promise.all([
    reader.instruments(symbols.slice(0, MAX_CONSTITUENTS)),
    reader.fxSnapshot(),
  ]);
  return { instruments, fx };
}
