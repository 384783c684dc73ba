import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Identity } from '#platform/request-context';
import { payerOf } from './payer.ts';

const from = (forwarded?: string): IncomingMessage =>
  ({
    socket: { remoteAddress: '10.0.0.1' },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;
const identity = (isService: boolean): Identity => ({
  user: 'ann',
  roles: [],
  scopes: [],
  isService,
});

describe('GW-4 who pays', () => {
  test('is the user, or the program, wherever it comes from', () => {
    const proxies = { trustedProxies: 0 };
    expect(payerOf(identity(false), from(), proxies)).toEqual({ kind: 'user', key: 'user:ann' });
    const program = { kind: 'program', key: 'program:ann' };
    expect(payerOf(identity(true), from('1.1.1.1'), proxies)).toEqual(program);
  });

  test.each([
    ['the connection, without proxies', 0, '6.6.6.6, 1.1.1.1', '10.0.0.1'],
    ['what the one proxy saw, not what its client says', 1, '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    ['what the first of two proxies saw', 2, '6.6.6.6, 1.1.1.1, 10.0.0.2', '1.1.1.1'],
    ['the connection, when a proxy said nothing', 1, undefined, '10.0.0.1'],
    ['the connection, when the list is too short', 3, '1.1.1.1', '10.0.0.1'],
    ['the connection, when an entry is empty', 1, '1.1.1.1, ', '10.0.0.1'],
  ])('without a token is %s', (_name, trustedProxies, forwarded, address) => {
    const payer = payerOf(null, from(forwarded), { trustedProxies });
    expect(payer).toEqual({ kind: 'anonymous', key: `address:${address}` });
  });
});
