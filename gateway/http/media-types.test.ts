import { describe, expect, test } from 'vitest';
import { answerTypeFor, bodyTypeProblem, GRAPHQL_TYPE, JSON_TYPE } from './media-types.ts';

describe('the form of an answer', () => {
  test.each([
    [undefined, JSON_TYPE],
    ['', JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['application/*', JSON_TYPE],
    [JSON_TYPE, JSON_TYPE],
    [GRAPHQL_TYPE, GRAPHQL_TYPE],
    [`${GRAPHQL_TYPE}, ${JSON_TYPE}`, GRAPHQL_TYPE],
    [`${JSON_TYPE}, ${GRAPHQL_TYPE}`, GRAPHQL_TYPE],
    [`${GRAPHQL_TYPE},${JSON_TYPE};q=0.9`, GRAPHQL_TYPE],
    [`${GRAPHQL_TYPE};q=0.8, ${JSON_TYPE};q=0.9`, JSON_TYPE],
    [`${GRAPHQL_TYPE}; q=0.1, */*; q=0.9`, JSON_TYPE],
    [`${GRAPHQL_TYPE}; q=0, */*`, JSON_TYPE],
    [`${JSON_TYPE}; q=0, */*`, GRAPHQL_TYPE],
    [`${JSON_TYPE}; charset=utf-8`, JSON_TYPE],
    [`${JSON_TYPE}; charset="UTF-8"; q=0.5`, JSON_TYPE],
    ['Application/GraphQL-Response+JSON', GRAPHQL_TYPE],
    [`text/html, ${JSON_TYPE};q=0.2`, JSON_TYPE],
    ['text/html,application/xhtml+xml,*/*;q=0.8', JSON_TYPE],
  ])('for %s is %s', (accept, type) => {
    expect(answerTypeFor(accept)).toBe(type);
  });

  test.each([
    'text/html',
    `${JSON_TYPE};q=0`,
    '*/*;q=0',
    `${JSON_TYPE};charset=iso-8859-1`,
    'application/xml',
    ';;,',
    `${JSON_TYPE};q=2`,
  ])('is none for %s', (accept) => {
    expect(answerTypeFor(accept)).toBeUndefined();
  });
});

describe('a body is', () => {
  test.each([
    [{ 'content-type': 'application/json' }],
    [{ 'content-type': 'application/json; charset=utf-8' }],
    [{ 'content-type': 'Application/JSON;charset="UTF-8"', 'content-encoding': 'identity' }],
  ])('read with %j', (headers) => {
    expect(bodyTypeProblem(headers)).toBeUndefined();
  });

  test.each([
    [{}, 'content-type'],
    [{ 'content-type': 'text/plain' }, 'text/plain'],
    [{ 'content-type': 'application/jsonp' }, 'application/jsonp'],
    [{ 'content-type': 'application/json; charset=iso-8859-1' }, 'UTF-8'],
    [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }, 'gzip'],
  ])('not read with %j', (headers, why) => {
    expect(bodyTypeProblem(headers)).toContain(why);
  });
});
