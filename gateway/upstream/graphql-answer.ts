/** Parses what a subgraph behind a URL answers. */

import type { GraphQLFormattedError } from 'graphql';
import { z } from 'zod';
import type { GraphqlResult } from '#platform/graphql/executor';

const errorsShape = z.array(
  z.looseObject({
    message: z.string(),
    path: z.array(z.union([z.string(), z.number()])).nullish(),
    extensions: z.record(z.string(), z.unknown()).nullish(),
  }),
);

const resultShape = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: errorsShape.nullish(),
});

/** Undefined for what is no GraphQL result. */
export function readGraphqlResult(value: unknown): GraphqlResult | undefined {
  const parsed = resultShape.safeParse(value);
  if (!parsed.success) return undefined;
  const { data, errors } = parsed.data;
  if (data === undefined && !errors) return undefined;
  const result = { data: data ?? null };
  return errors && errors.length > 0 ? { ...result, errors: errors.map(formatted) } : result;
}

/** Undefined for what is no list of GraphQL errors. */
export function readGraphqlErrors(value: unknown): readonly GraphQLFormattedError[] | undefined {
  const parsed = errorsShape.safeParse(value);
  return parsed.success ? parsed.data.map(formatted) : undefined;
}

function formatted({
  message,
  path,
  extensions,
}: z.infer<typeof errorsShape>[number]): GraphQLFormattedError {
  return { message, ...(path ? { path } : {}), ...(extensions ? { extensions } : {}) };
}
