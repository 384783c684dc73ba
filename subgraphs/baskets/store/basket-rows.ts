/** Rows of the basket tables as the rest of the code sees them. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { type Decimal, decimal } from '#kernel/decimal';
import { invariant } from '#platform/errors';
import type { AuditEntry } from '../domain/audit-chain.ts';
import { VERSION_ORIGINS, type VersionOrigin } from '../domain/basket.ts';
import { type Divisor, type Level, level } from '../domain/index-level.ts';
import { BASKET_REFUSAL_REASONS } from '../domain/refusal-reason.ts';
import { BASKET_EVENTS, BASKET_STATES, type BasketState } from '../domain/transition-table.ts';
import { VERSION_STATUSES, type VersionStatus } from '../domain/version-table.ts';
import type { Weighing } from '../domain/weighing.ts';
import { WEIGHTING_SCHEMES, type WeightingScheme } from '../domain/weighting-schemes.ts';
import { weighingOf } from './fact-json-fields.ts';
import { divisorOf } from './wide-decimal.ts';

export interface BasketRow {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly currency: string;
  readonly baseLevel: bigint;
  readonly state: BasketState;
  readonly currentVersion: number;
  readonly pendingVersion: number | null;
  /** Null without a pending version. */
  readonly pendingStatus: VersionStatus | null;
  readonly revision: number;
  readonly delegates: readonly string[] | null;
  readonly notional: Decimal | null;
  readonly launchAtMs: number | null;
  /** The owner. */
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface VersionRow {
  readonly basketId: string;
  readonly number: number;
  readonly status: VersionStatus;
  readonly origin: VersionOrigin;
  readonly weighting: WeightingScheme;
  readonly weighing: Weighing | null;
  readonly hash: string;
  readonly divisor: Divisor | null;
  readonly basedLevel: Level | null;
  readonly basedAtMs: number | null;
  readonly editedBy: string;
  readonly createdAtMs: number;
  /** Day at whose close it becomes effective; null unless that is or was planned. */
  readonly effectiveDate: BusinessDate | null;
  readonly effectiveAtMs: number | null;
}

export interface ConstituentRow {
  readonly symbol: string;
  readonly instrumentId: string;
  readonly currency: string;
  readonly weight: bigint;
  /** Null until the version has a base. */
  readonly units: bigint | null;
}

export type AuditRow = AuditEntry & { readonly hash: string };

/** A row as the driver hands it over: instants as bigint milliseconds, wide numbers as text. */
type Raw<Row, Instants extends keyof Row, Wide extends keyof Row = never> = Omit<
  Row,
  Instants | Wide
> & {
  readonly [Column in Instants]: bigint | Extract<Row[Column], null>;
} & { readonly [Column in Wide]: string | Extract<Row[Column], null> };

export type RawBasketRow = Raw<BasketRow, 'createdAtMs' | 'updatedAtMs' | 'launchAtMs', 'notional'>;
export type RawVersionRow = Raw<
  VersionRow,
  'basedAtMs' | 'createdAtMs' | 'effectiveAtMs',
  'divisor' | 'effectiveDate'
>;
export type RawAuditRow = Raw<AuditRow, 'recordedAtMs'>;

/** Epoch milliseconds as an integer; a float would come as text or lose digits by the driver. */
const msOf = (sql: Sql, column: string) => sql`(extract(epoch from ${sql(column)}) * 1000)::bigint`;

export const basketColumns = (sql: Sql) => sql`
  basket_id as id, code, name, currency, base_level as "baseLevel", state,
  current_version as "currentVersion", pending_version as "pendingVersion", (
    select v.status from baskets.basket_version v
    where v.basket_id = basket.basket_id and v.number = pending_version) as "pendingStatus",
  revision, delegates, notional::text as notional, ${msOf(sql, 'launch_at')} as "launchAtMs",
  created_by as "createdBy",
  ${msOf(sql, 'created_at')} as "createdAtMs", ${msOf(sql, 'updated_at')} as "updatedAtMs"`;

export function basketRowOf(row: RawBasketRow): BasketRow {
  return {
    ...row,
    state: known(BASKET_STATES, row.state),
    pendingStatus: row.pendingStatus && known(VERSION_STATUSES, row.pendingStatus),
    notional: row.notional === null ? null : decimal(row.notional),
    launchAtMs: row.launchAtMs === null ? null : Number(row.launchAtMs),
    createdAtMs: Number(row.createdAtMs),
    updatedAtMs: Number(row.updatedAtMs),
  };
}

export const versionColumns = (sql: Sql) => sql`
  basket_id as "basketId", number, status, origin, weighting, weighing, hash,
  divisor::text as divisor,
  based_level as "basedLevel", ${msOf(sql, 'based_at')} as "basedAtMs", edited_by as "editedBy",
  ${msOf(sql, 'created_at')} as "createdAtMs", effective_date::text as "effectiveDate",
  ${msOf(sql, 'effective_at')} as "effectiveAtMs"`;

export function versionRowOf(row: RawVersionRow): VersionRow {
  return {
    ...row,
    status: known(VERSION_STATUSES, row.status),
    origin: known(VERSION_ORIGINS, row.origin),
    weighting: known(WEIGHTING_SCHEMES, row.weighting),
    weighing: weighingOf(row.weighing),
    divisor: row.divisor === null ? null : divisorOf(row.divisor),
    basedLevel: row.basedLevel === null ? null : level(row.basedLevel),
    basedAtMs: row.basedAtMs === null ? null : Number(row.basedAtMs),
    createdAtMs: Number(row.createdAtMs),
    effectiveDate: row.effectiveDate === null ? null : businessDate(row.effectiveDate),
    effectiveAtMs: row.effectiveAtMs === null ? null : Number(row.effectiveAtMs),
  };
}

export const auditColumns = (sql: Sql) => sql`
  basket_id as "basketId", number, event, from_state as "from", to_state as "to",
  version_number as "versionNumber", version_hash as "versionHash", actor,
  actor_roles as "actorRoles", on_behalf_of as "onBehalfOf", comment, refusal,
  command_id as "commandId", correlation_id as "correlationId",
  ${msOf(sql, 'recorded_at')} as "recordedAtMs", previous_hash as "previousHash", hash`;

export function auditRowOf(row: RawAuditRow): AuditRow {
  return {
    ...row,
    event: known(BASKET_EVENTS, row.event),
    from: row.from === null ? null : known(BASKET_STATES, row.from),
    to: known(BASKET_STATES, row.to),
    refusal: row.refusal === null ? null : known(BASKET_REFUSAL_REASONS, row.refusal),
    recordedAtMs: Number(row.recordedAtMs),
  };
}

/** A word that our own code wrote. */
export function known<Word extends string>(words: readonly Word[], text: string): Word {
  const word = words.find((each) => each === text);
  invariant(word !== undefined, `stored word ${text} is known`);
  return word;
}
