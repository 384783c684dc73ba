import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { PlatformError } from '../errors.ts';
import { silentLogger } from '../logger.ts';
import { formatError } from './error-format.ts';

const scope = { logger: silentLogger, correlationId: 'c-1' };

function located(originalError: Error): GraphQLError {
  return new GraphQLError(originalError.message, { originalError, path: ['basket'] });
}

describe('an error that leaves a server', () => {
  test('keeps the code and the details of a failure', () => {
    const failure = new PlatformError('RATE_LIMITED', 'too many', { details: { limit: 'MAX' } });
    expect(formatError(located(failure), scope)).toEqual({
      message: 'too many',
      path: ['basket'],
      extensions: { code: 'RATE_LIMITED', limit: 'MAX' },
    });
  });

  test('says that the database is away, and nothing about where it is', () => {
    const away = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), {
      code: 'ECONNREFUSED',
    });
    const { message, extensions } = formatError(located(away), scope);
    expect(extensions).toEqual({ code: 'UPSTREAM_UNAVAILABLE', correlationId: 'c-1' });
    expect(message).not.toContain('10.0.0.7');
  });

  test('masks a bug behind the correlation id', () => {
    const { message, extensions } = formatError(located(new TypeError('x is undefined')), scope);
    expect(message).toBe('Internal server error');
    expect(extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', correlationId: 'c-1' });
  });
});
