/** Which form of JSON a caller takes, and whether it sent one that we read. */

import type { IncomingHttpHeaders } from 'node:http';

export const JSON_TYPE = 'application/json';
export const GRAPHQL_TYPE = 'application/graphql-response+json';

export type AnswerType = typeof JSON_TYPE | typeof GRAPHQL_TYPE;

interface MediaRange {
  readonly name: string;
  /** 0 to 1: how much the caller wants it. */
  readonly quality: number;
  readonly charset: string;
}

interface Wish {
  readonly quality: number;
  /** 2: named whole, 1: as application/*, 0: as anything. */
  readonly precision: number;
}

const UNWANTED: Wish = { quality: 0, precision: -1 };
const CHARSETS = new Set(['', 'utf-8', 'utf8', '*']);

/**
 * What to answer with; undefined when the caller takes neither form. Of two named and wanted alike
 * it is application/graphql-response+json, without any wish application/json: so says the
 * specification of GraphQL over HTTP, sections "Accept" and "Legacy watershed".
 */
export function answerTypeFor(accept: string | undefined): AnswerType | undefined {
  if (accept === undefined || accept.trim() === '') return JSON_TYPE;
  // Node bounds the header, and with it the list.
  const ranges = accept.split(',').map(readRange);
  const json = wishFor(JSON_TYPE, ranges);
  const graphql = wishFor(GRAPHQL_TYPE, ranges);
  if (json.quality === 0 && graphql.quality === 0) return undefined;
  if (json.quality !== graphql.quality) {
    return json.quality > graphql.quality ? JSON_TYPE : GRAPHQL_TYPE;
  }
  const isNamed = graphql.precision === 2;
  return isNamed ? GRAPHQL_TYPE : JSON_TYPE;
}

/** The most precise range that matches says how much the type is wanted. */
function wishFor(type: AnswerType, ranges: readonly MediaRange[]): Wish {
  let found = UNWANTED;
  for (const { name, quality, charset } of ranges) {
    const precision = [`*/*`, 'application/*', type].indexOf(name);
    if (precision > found.precision && CHARSETS.has(charset)) found = { quality, precision };
  }
  return found;
}

function readRange(text: string): MediaRange {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = Number(parameterOf('q', parameters) ?? 1);
  const charset = parameterOf('charset', parameters) ?? '';
  return { name, quality: quality >= 0 && quality <= 1 ? quality : 0, charset };
}

/** In lower case, without quotation marks. */
function parameterOf(name: string, parameters: readonly string[]): string | undefined {
  const found = parameters.find((each) => each.startsWith(`${name}=`));
  return found?.slice(name.length + 1).replaceAll('"', '');
}

/** Why a body in this form is not read; undefined when it is. */
export function bodyTypeProblem(headers: IncomingHttpHeaders): string | undefined {
  const { 'content-type': type, 'content-encoding': encoding = 'identity' } = headers;
  if (encoding.trim().toLowerCase() !== 'identity') {
    return `send the body without content-encoding: it was ${encoding}`;
  }
  if (type === undefined) return `say content-type: ${JSON_TYPE} with a POST`;
  const { name, charset } = readRange(type);
  if (name !== JSON_TYPE && name !== GRAPHQL_TYPE) {
    return `send ${JSON_TYPE}: the content-type was ${type}`;
  }
  return CHARSETS.has(charset) ? undefined : `send UTF-8: the content-type was ${type}`;
}
