/** graphql-js offers names of the schema that are like the one asked for; production does not. */

import type { GraphQLFormattedError } from 'graphql';

const SUGGESTION = / ?Did you mean[^?]*\?/;

export function withoutSuggestion<E extends GraphQLFormattedError>(error: E): E {
  return SUGGESTION.test(error.message)
    ? { ...error, message: error.message.replace(SUGGESTION, '') }
    : error;
}
