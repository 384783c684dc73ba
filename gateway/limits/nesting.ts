/**
 * How deep the brackets of a document go, known before the parser recurses into them: a stack that
 * overflows there would be answered as if code were wrong.
 */

import type { GraphQLError } from 'graphql';
import { tooComplex } from './operation-limits.ts';

/** The refusal of a text whose brackets go deeper than allowed. */
export function nestingProblem(text: string, maxNesting: number): GraphQLError | undefined {
  const found = nestingOf(text);
  return found > maxNesting ? tooComplex('maxNesting', maxNesting, found) : undefined;
}

/** Brackets in text and comments do not count. */
export function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if ('{[('.includes(character)) {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if ('}])'.includes(character)) {
      depth -= 1;
    } else if (character === '#') {
      at = endOfLine(text, at);
    } else if (character === '"') {
      at = text.startsWith('"""', at) ? endOfBlock(text, at + 3) : endOfString(text, at + 1);
    }
  }
  return deepest;
}

function endOfLine(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at += 1;
  return at;
}

/** At the closing quote, or at the end of a line that lacks it. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"' || text[at] === '\n' || text[at] === '\r') return at;
  }
  return text.length;
}

/** At the last of the three closing quotes; a backslash before them makes them text. */
function endOfBlock(text: string, from: number): number {
  let at = text.indexOf('"""', from);
  while (at > from && text[at - 1] === '\\') at = text.indexOf('"""', at + 3);
  return at === -1 ? text.length : at + 2;
}
