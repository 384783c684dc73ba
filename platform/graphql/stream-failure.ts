/** A stream that ended with errors its source had formatted already. */

import type { GraphQLFormattedError } from 'graphql';

export class StreamFailure extends Error {
  readonly errors: readonly GraphQLFormattedError[];

  constructor(errors: readonly GraphQLFormattedError[]) {
    super(errors[0]?.message ?? 'the stream failed');
    this.name = 'StreamFailure';
    this.errors = errors;
  }
}
