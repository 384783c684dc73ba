/**
 * The environment, parsed once to a frozen object; the only reader of process.env. Timeouts, limits
 * and pool sizes are here and nowhere else. A bad value stops the start with one sentence.
 */

import { z } from 'zod';
import { parseBusinessDate } from '#kernel/business-date';
import { isRole, type Role } from '#kernel/roles';
import { StartupError } from './errors.ts';

/** 0 takes any free one. */
const port = z.coerce.number().int().min(0).max(65_000);
const positiveInt = z.coerce.number().int().positive();
const url = z.string().regex(/^[a-z+]+:\/\/\S+$/, 'expected a URL');
const date = z.string().transform((text, context) => {
  const day = parseBusinessDate(text);
  if (day !== undefined) return day;
  context.addIssue('expected a date such as 2026-11-20');
  return z.NEVER;
});
const blankAsAbsent = (value: unknown): unknown => (value === '' ? undefined : value);
const optional = <T extends z.ZodType>(type: T) => z.preprocess(blankAsAbsent, type.optional());
const withDefault = <T extends z.ZodType>(type: T, fallback: z.input<T>) =>
  z.preprocess((value) => (value === undefined || value === '' ? fallback : value), type);

const roles = z.string().transform((text, context) => {
  const names = text.split(',').filter((name) => name !== 'none');
  const known: readonly Role[] = names.filter(isRole);
  if (known.length === names.length) return known;
  context.addIssue('expected roles such as partner,feed or none');
  return z.NEVER;
});

const FEED = /^(simulator|none|replay:.+|exchange:wss?:\/\/\S+)$/;

const VENDORS = /^(emulator|none|(bloomberg|refinitiv)(,(bloomberg|refinitiv))*)$/;

const environment = z.object({
  NODE_ENV: withDefault(z.enum(['development', 'test', 'production']), 'development'),
  PORT: withDefault(port, 4000),
  HOST: withDefault(z.string(), '127.0.0.1'),
  DATA_DIR: withDefault(z.string(), './.data'),
  DATABASE_URL: optional(url),
  REDIS_URL: optional(url),
  LOG_LEVEL: withDefault(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
  ),
  FEED: withDefault(
    z.string().regex(FEED, 'expected simulator, replay:FILE, exchange:URL or none'),
    'simulator',
  ),
  FEED_SPEED: withDefault(z.coerce.number().positive().max(10_000), 1),
  SAMPLE_DATA: withDefault(z.enum(['import', 'none']), 'import'),
  JWKS_FILE: optional(z.string()),
  JWT_ISSUER: withDefault(z.string(), 'plumbline-local'),
  JWT_AUDIENCE: withDefault(z.string(), 'plumbline'),
  INTERNAL_TOKEN_SECRET: optional(z.string().min(32)),
  CORS_ORIGINS: withDefault(z.string(), ''),
  MAX_OPERATION_COST: withDefault(positiveInt, 150_000),
  RATE_LIMIT_USER: withDefault(positiveInt, 1_000_000),
  RATE_LIMIT_PROGRAM: withDefault(positiveInt, 1_000_000),
  RATE_LIMIT_ADDRESS: withDefault(positiveInt, 20_000),
  MAX_SOCKETS_PER_USER: withDefault(positiveInt, 20_000),
  TRUSTED_PROXIES: withDefault(z.coerce.number().int().min(0).max(10), 0),
  SAFELIST: optional(z.string()),
  SAFELIST_ROLES: optional(roles),
  APOLLO_KEY: optional(z.string()),
  APOLLO_GRAPH_REF: optional(z.string()),
  SUBGRAPH_MARKET_DATA_URL: optional(url),
  SUBGRAPH_BASKETS_URL: optional(url),
  SUBGRAPH_POSITIONS_URL: optional(url),
  SUBGRAPH_ORDERS_URL: optional(url),
  SUBGRAPH_RISK_URL: optional(url),
  REQUEST_TIMEOUT_MS: withDefault(positiveInt, 10_000),
  STOP_DELAY_MS: withDefault(z.coerce.number().int().min(0).max(10_000), 0),
  DATABASE_POOL_SIZE: withDefault(positiveInt, 20),
  TRADES_PER_SECOND: withDefault(positiveInt, 50_000),
  POSITION_TRADES_PER_SECOND: withDefault(positiveInt, 2_000),
  CONTRACT_SERVICE_URL: optional(url),
  CONTRACT_TIMEOUT_MS: withDefault(positiveInt, 40),
  BOOKS_CLOSED_BEFORE: optional(date),
  INDEX_CLOSE_UTC: withDefault(
    z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as 22:00'),
    '22:00',
  ),
  INDEX_DAYS: withDefault(z.enum(['weekdays', 'all']), 'weekdays'),
  VENDORS: withDefault(
    z.string().regex(VENDORS, 'expected emulator, none or bloomberg,refinitiv'),
    'emulator',
  ),
  VENDORS_MANDATORY: optional(z.string().regex(VENDORS, 'expected bloomberg,refinitiv or none')),
  VENDOR_BLOOMBERG_URL: optional(url),
  VENDOR_BLOOMBERG_SECONDARY_URL: optional(url),
  VENDOR_REFINITIV_URL: optional(url),
  VENDOR_REFINITIV_SECONDARY_URL: optional(url),
  VENDOR_CLIENT_ID: withDefault(z.string(), 'plumbline'),
  VENDOR_CLIENT_SECRET: withDefault(z.string(), 'emulated'),
});

export type Feed =
  | { readonly kind: 'simulator' }
  | { readonly kind: 'none' }
  | { readonly kind: 'replay'; readonly files: readonly string[]; readonly speed: number }
  | { readonly kind: 'exchange'; readonly url: string };

export const VENDOR_KINDS = ['bloomberg', 'refinitiv'] as const;
export type VendorKind = (typeof VENDOR_KINDS)[number];

/** Who we are to a vendor of index data. */
export interface VendorAccount {
  readonly name: VendorKind;
  /** Without it no basket goes live. */
  readonly isMandatory: boolean;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface VendorConfig extends VendorAccount {
  /** Of its HTTP interface. */
  readonly url: string;
  readonly secondaryUrl: string | null;
}

export type Config = ReturnType<typeof readConfig>;

/** Throws StartupError naming the variable, what was expected and what was found. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const name = issue.path.join('.');
      return `${name}: ${issue.message}, was "${env[name] ?? ''}"`;
    });
    throw new StartupError(`Set the environment right and start again: ${problems.join('; ')}.`);
  }
  const e = parsed.data;
  return Object.freeze({
    environment: e.NODE_ENV,
    isProduction: e.NODE_ENV === 'production',
    host: e.HOST,
    port: e.PORT,
    dataDir: e.DATA_DIR,
    databaseUrl: e.DATABASE_URL,
    redisUrl: e.REDIS_URL,
    logLevel: e.LOG_LEVEL,
    feed: parseFeed(e.FEED, e.FEED_SPEED),
    importsSampleData: e.SAMPLE_DATA === 'import',
    identity: { jwksFile: e.JWKS_FILE, issuer: e.JWT_ISSUER, audience: e.JWT_AUDIENCE },
    internalTokenSecret: e.INTERNAL_TOKEN_SECRET,
    corsOrigins: e.CORS_ORIGINS.split(',').filter((origin) => origin !== ''),
    gatewayLimits: gatewayLimitsIn(e),
    registeredOperations: { path: e.SAFELIST, roles: e.SAFELIST_ROLES ?? boundRoles(e.NODE_ENV) },
    apollo: { key: e.APOLLO_KEY, graphRef: e.APOLLO_GRAPH_REF },
    subgraphUrls: {
      'market-data': e.SUBGRAPH_MARKET_DATA_URL,
      baskets: e.SUBGRAPH_BASKETS_URL,
      positions: e.SUBGRAPH_POSITIONS_URL,
      orders: e.SUBGRAPH_ORDERS_URL,
      risk: e.SUBGRAPH_RISK_URL,
    },
    requestTimeoutMs: e.REQUEST_TIMEOUT_MS,
    stopDelayMs: e.STOP_DELAY_MS,
    databasePoolSize: e.DATABASE_POOL_SIZE,
    trades: {
      perSecond: e.TRADES_PER_SECOND,
      perSecondOfPosition: e.POSITION_TRADES_PER_SECOND,
      contractServiceUrl: e.CONTRACT_SERVICE_URL,
      contractTimeoutMs: e.CONTRACT_TIMEOUT_MS,
      booksClosedBefore: e.BOOKS_CLOSED_BEFORE,
    },
    indexCalendar: {
      closeMinuteUtc: minuteOfDay(e.INDEX_CLOSE_UTC),
      days: e.INDEX_DAYS === 'all' ? ('ALL' as const) : ('WEEKDAYS' as const),
    },
    /** In place of `vendors`: emulated by the command that builds baskets, which knows where. */
    emulatedVendors: e.VENDORS === 'emulator' ? VENDOR_KINDS.map((kind) => account(kind, e)) : [],
    vendors: parseVendors(e),
  });
}

function gatewayLimitsIn(e: z.infer<typeof environment>) {
  return {
    maxOperationCost: e.MAX_OPERATION_COST,
    maxSocketsPerUser: e.MAX_SOCKETS_PER_USER,
    trustedProxies: e.TRUSTED_PROXIES,
    /** Cost a second of each. */
    costPerSecond: {
      user: e.RATE_LIMIT_USER,
      program: e.RATE_LIMIT_PROGRAM,
      anonymous: e.RATE_LIMIT_ADDRESS,
    },
  };
}

/** A partner's programs are known before they meet what is real. */
function boundRoles(environmentName: string): readonly Role[] {
  return environmentName === 'production' ? ['partner'] : [];
}

function account(name: VendorKind, e: z.infer<typeof environment>): VendorAccount {
  return {
    name,
    isMandatory: e.VENDORS_MANDATORY?.includes(name) ?? true,
    clientId: e.VENDOR_CLIENT_ID,
    clientSecret: e.VENDOR_CLIENT_SECRET,
  };
}

function parseVendors(e: z.infer<typeof environment>): readonly VendorConfig[] {
  const addresses = {
    bloomberg: [e.VENDOR_BLOOMBERG_URL, e.VENDOR_BLOOMBERG_SECONDARY_URL],
    refinitiv: [e.VENDOR_REFINITIV_URL, e.VENDOR_REFINITIV_SECONDARY_URL],
  } as const;
  return VENDOR_KINDS.filter((kind) => e.VENDORS.includes(kind)).map((name) => {
    const [address, secondary] = addresses[name];
    if (address === undefined) {
      const variable = `VENDOR_${name.toUpperCase()}_URL`;
      throw new StartupError(`Set ${variable}, or take ${name} out of VENDORS, and start again.`);
    }
    return { ...account(name, e), url: address, secondaryUrl: secondary ?? null };
  });
}

function minuteOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}

function parseFeed(text: string, speed: number): Feed {
  if (text === 'simulator' || text === 'none') return { kind: text };
  const rest = text.slice(text.indexOf(':') + 1);
  if (text.startsWith('exchange:')) return { kind: 'exchange', url: rest };
  return { kind: 'replay', files: rest.split(',').filter((file) => file !== ''), speed };
}
