import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

describe('GW-4 the limits of the configuration', () => {
  test('bind partners to registered operations in production only, unless told', () => {
    const rolesOf = (variables: Record<string, string>) =>
      readConfig(variables).registeredOperations.roles;
    expect(rolesOf({})).toEqual([]);
    expect(rolesOf({ NODE_ENV: 'production' })).toEqual(['partner']);
    expect(rolesOf({ NODE_ENV: 'production', SAFELIST_ROLES: 'none' })).toEqual([]);
    expect(rolesOf({ SAFELIST_ROLES: 'partner,feed' })).toEqual(['partner', 'feed']);
    expect(() => rolesOf({ SAFELIST_ROLES: 'partners' })).toThrow(/SAFELIST_ROLES.*partners/);
  });

  test.each([
    'MAX_OPERATION_COST',
    'RATE_LIMIT_USER',
    'RATE_LIMIT_ADDRESS',
    'MAX_SOCKETS_PER_USER',
  ])('%s is a number above zero', (name) => {
    expect(() => readConfig({ [name]: '0' })).toThrow(name);
    expect(() => readConfig({ [name]: 'many' })).toThrow(name);
  });
});

describe('the vendors of the configuration', () => {
  test('are both emulated by default, and mandatory', () => {
    const { emulatedVendors, vendors } = readConfig({});
    expect(vendors).toEqual([]);
    expect(emulatedVendors.map(({ isMandatory, name }) => [name, isMandatory])).toEqual([
      ['bloomberg', true],
      ['refinitiv', true],
    ]);
  });

  test('are none when none is wanted', () => {
    const { emulatedVendors, vendors } = readConfig({ VENDORS: 'none' });
    expect([...emulatedVendors, ...vendors]).toEqual([]);
  });

  test('are those with an address, of which some may be mandatory', () => {
    const { emulatedVendors, vendors } = readConfig({
      VENDORS: 'refinitiv,bloomberg',
      VENDORS_MANDATORY: 'refinitiv',
      VENDOR_BLOOMBERG_URL: 'https://one.example',
      VENDOR_REFINITIV_URL: 'https://two.example',
      VENDOR_REFINITIV_SECONDARY_URL: 'https://three.example',
      VENDOR_CLIENT_ID: 'us',
      VENDOR_CLIENT_SECRET: 'secret',
    });
    const account = { clientId: 'us', clientSecret: 'secret' };
    expect(emulatedVendors).toEqual([]);
    expect(vendors).toEqual([
      {
        ...account,
        name: 'bloomberg',
        isMandatory: false,
        url: 'https://one.example',
        secondaryUrl: null,
      },
      {
        ...account,
        name: 'refinitiv',
        isMandatory: true,
        url: 'https://two.example',
        secondaryUrl: 'https://three.example',
      },
    ]);
  });

  test.each([
    [{ VENDORS: 'bloomberg' }, 'VENDOR_BLOOMBERG_URL'],
    [{ VENDORS: 'reuters' }, 'VENDORS'],
    [{ VENDOR_REFINITIV_URL: 'somewhere' }, 'VENDOR_REFINITIV_URL'],
  ])('%o is refused', (variables, named) => {
    expect(() => readConfig(variables)).toThrow(named);
  });
});
