/** Who may do what: the roles people hold, and the scopes each role carries. */

export const ROLES = [
  'viewer',
  'portfolio_manager',
  'approver',
  'trader',
  'operations',
  'risk_officer',
  'compliance',
  'feed',
  'partner',
  'admin',
] as const;

export type Role = (typeof ROLES)[number];

/** The scopes that `@requiresScopes` names in the SDL. */
export const SCOPES = [
  'market-data:read',
  'market-data:ingest',
  'market-data:manage',
  'baskets:read',
  'baskets:write',
  'baskets:approve',
  'baskets:operate',
  'positions:read',
  'positions:write',
  'positions:correct',
  'contracts:write',
  'orders:read',
  'orders:write',
  'cash:write',
  'risk:read',
  'audit:read',
] as const;

export type Scope = (typeof SCOPES)[number];

const READ_ALL: readonly Scope[] = [
  'market-data:read',
  'baskets:read',
  'positions:read',
  'orders:read',
  'risk:read',
];

const SCOPES_BY_ROLE: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: READ_ALL,
  portfolio_manager: [...READ_ALL, 'baskets:write', 'market-data:manage'],
  approver: [...READ_ALL, 'baskets:approve'],
  trader: [...READ_ALL, 'orders:write', 'positions:write', 'cash:write'],
  operations: [
    ...READ_ALL,
    'positions:write',
    'positions:correct',
    'contracts:write',
    'cash:write',
    'baskets:operate',
    'market-data:manage',
    'audit:read',
  ],
  risk_officer: [...READ_ALL, 'baskets:operate'],
  compliance: [...READ_ALL, 'audit:read'],
  feed: ['market-data:read', 'market-data:ingest', 'market-data:manage'],
  partner: READ_ALL,
  admin: SCOPES,
};

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** The union of the scopes of all roles held, in the order of SCOPES. */
export function scopesOf(roles: readonly Role[]): readonly Scope[] {
  return SCOPES.filter((scope) => roles.some((role) => SCOPES_BY_ROLE[role].includes(scope)));
}
