import { describe, expect, test } from 'vitest';
import { isRole, ROLES, SCOPES, type Role, scopesOf } from './roles.ts';

describe('GW-3 roles and scopes', () => {
  test('every scope is held by somebody besides the admin', () => {
    const others = ROLES.filter((role) => role !== 'admin');
    expect(scopesOf(others)).toEqual(SCOPES);
    expect(scopesOf(['admin'])).toEqual(SCOPES);
  });

  test('nobody but the admin both writes and approves baskets', () => {
    const both = ROLES.filter((role) => {
      const scopes = scopesOf([role]);
      return scopes.includes('baskets:write') && scopes.includes('baskets:approve');
    });
    expect(both).toEqual(['admin']);
  });

  test.each<[Role, number]>([
    ['viewer', 0],
    ['partner', 0],
    ['compliance', 0],
  ])('a %s only reads', (role, writes) => {
    const other = scopesOf([role]).filter((scope) => !scope.endsWith(':read'));
    expect(other).toHaveLength(writes);
  });

  test('several roles hold the union of their scopes, each once', () => {
    const scopes = scopesOf(['feed', 'viewer', 'feed']);
    expect(new Set(scopes).size).toBe(scopes.length);
    expect(scopes).toEqual(expect.arrayContaining(['market-data:ingest', 'risk:read']));
    expect(scopesOf([])).toEqual([]);
  });

  test('what is no role is told so', () => {
    expect(isRole('trader')).toBe(true);
    expect(isRole('TRADER')).toBe(false);
    expect(isRole('toString')).toBe(false);
  });
});
