/** Baskets in Postgres: one writer at a time per basket, facts and what follows in one commit. */

import type { Sql, TransactionSql } from 'postgres';
import { basketTransitioned } from '#kernel/topics/basket-transitions';
import { PlatformError } from '#platform/errors';
import { instantText } from '#platform/instant-column';
import { appendToOutbox } from '#platform/outbox';
import { type AuditEntry, canonicalEntry } from '../domain/audit-chain.ts';
import type { Basket } from '../domain/basket.ts';
import { evolve } from '../domain/basket-evolve.ts';
import type { BasketFact } from '../domain/basket-fact.ts';
import { BASKET_REFUSAL_REASONS, type BasketRefusalReason } from '../domain/refusal-reason.ts';
import type { Projected } from './approvals.ts';
import { saveSnapshot } from './basket-snapshot.ts';
import { FACT_SCHEMA_VERSION, factOf, factToJson } from './fact-json.ts';

/** A command as it was answered, for the same answer to its repetition. */
export interface AnsweredCommand {
  readonly contentHash: string;
  readonly basketId: string | null;
  readonly transitionNumber: number | null;
  readonly refusal: { readonly reason: BasketRefusalReason; readonly message: string } | null;
}

/** Who acts, when, and in which request. */
export interface WriteMeta {
  readonly actor: string;
  readonly actorRoles: readonly string[];
  readonly commandId: string | null;
  readonly correlationId: string;
  readonly atMs: number;
}

/** What one writer may do with a basket while no other does. */
export interface BasketTurn {
  /** Null when no basket has the code. */
  readonly basket: Basket | null;
  append(facts: readonly BasketFact[], meta: WriteMeta): Promise<Basket>;
  /** Adds the next row of the audit trail; an accepted one is published too. */
  audit(
    basket: Basket,
    entry: Omit<AuditEntry, 'basketId' | 'number' | 'previousHash'>,
  ): Promise<number>;
}

export interface CommandClaim {
  /** Undefined for a new command: then `answer` must be called. */
  readonly earlier: AnsweredCommand | undefined;
  answer(answered: AnsweredCommand): Promise<void>;
}

export type BasketRepository = ReturnType<typeof createBasketRepository>;

export function createBasketRepository(sql: Sql, hash: (text: string) => string) {
  return {
    /**
     * Runs `work` in a transaction of its own. A command id that is being worked on elsewhere is
     * waited for, then seen as answered.
     */
    async inTransaction<T>(work: (tx: BasketTransaction) => Promise<T>): Promise<T> {
      const result = await sql.begin(async (tx) => ({
        value: await work({
          claim: (actor, commandId, claimed) => claimCommand(tx, actor, commandId, claimed),
          turn: (code) => takeTurn(tx, code, hash),
        }),
      }));
      return result.value;
    },
  };
}

export interface BasketTransaction {
  claim(
    actor: string,
    commandId: string,
    claimed: { readonly contentHash: string; readonly atMs: number },
  ): Promise<CommandClaim>;
  /** Waits until no other writer has the basket; held to the end of the transaction. */
  turn(code: string): Promise<BasketTurn>;
}

async function claimCommand(
  tx: TransactionSql,
  actor: string,
  commandId: string,
  { contentHash, atMs }: { readonly contentHash: string; readonly atMs: number },
): Promise<CommandClaim> {
  const inserted = await tx`
    insert into baskets.command (actor, command_id, content_hash, recorded_at)
    values (${actor}, ${commandId}, ${contentHash}, ${instantText(atMs)}::text::timestamptz)
    on conflict (actor, command_id) do nothing
    returning 1`;
  return {
    earlier: inserted.length > 0 ? undefined : await answeredCommand(tx, actor, commandId),
    async answer({ basketId, transitionNumber, refusal }) {
      await tx`
        update baskets.command set basket_id = ${basketId},
          transition_number = ${transitionNumber}, refusal = ${refusal?.reason ?? null},
          message = ${refusal?.message ?? null}
        where actor = ${actor} and command_id = ${commandId}`;
    },
  };
}

interface CommandRow {
  readonly contentHash: string;
  readonly basketId: string | null;
  readonly transitionNumber: number | null;
  readonly refusal: string | null;
  readonly message: string | null;
}

async function answeredCommand(
  tx: TransactionSql,
  actor: string,
  commandId: string,
): Promise<AnsweredCommand | undefined> {
  const [row] = await tx<CommandRow[]>`
    select content_hash as "contentHash", basket_id as "basketId",
      transition_number as "transitionNumber", refusal, message
    from baskets.command where actor = ${actor} and command_id = ${commandId}`;
  if (!row) return undefined;
  const { refusal, message, ...rest } = row;
  const reason = BASKET_REFUSAL_REASONS.find((each) => each === refusal);
  return { ...rest, refusal: reason ? { reason, message: message ?? '' } : null };
}

/** First part of the key of our advisory locks: any fixed number will do. */
const BASKET_LOCKS = 5_310_201;

async function takeTurn(
  tx: TransactionSql,
  code: string,
  hash: (text: string) => string,
): Promise<BasketTurn> {
  await tx`select pg_advisory_xact_lock(${BASKET_LOCKS}, hashtext(${code}))`;
  const rows = await tx<FactRow[]>`
    select e.event_version as "eventVersion", e.event_type as "eventType", e.payload, e.actor
    from baskets.basket b join baskets.event_store e using (basket_id)
    where b.code = ${code} order by e.event_version`;
  const basket = rows
    .map((row) => factOf(row.eventType, row.payload, row))
    .reduce<Basket | null>(evolve, null);
  const eventVersion = rows.at(-1)?.eventVersion ?? 0;
  return {
    basket,
    append: (facts, meta) => appendFacts(tx, { basket, eventVersion }, facts, meta),
    audit: (changed, entry) => appendAudit(tx, changed, entry, hash),
  };
}

interface FactRow {
  readonly eventVersion: number;
  readonly eventType: string;
  readonly payload: unknown;
  readonly actor: string;
}

async function appendFacts(
  tx: TransactionSql,
  from: { readonly basket: Basket | null; readonly eventVersion: number },
  facts: readonly BasketFact[],
  meta: WriteMeta,
): Promise<Basket> {
  const steps = stepsOf(from.basket, facts, meta);
  const after = steps.at(-1)?.after ?? from.basket;
  if (after === null) throw new Error('a basket begins with BasketCreated');
  const at = instantText(meta.atMs);
  const written = await tx`
    insert into baskets.event_store
      (basket_id, event_version, event_type, schema_version, payload, actor, correlation_id,
       command_id, recorded_at)
    select ${after.id}, ${from.eventVersion}::int + ordinal, type, ${FACT_SCHEMA_VERSION}::int,
      payload, ${meta.actor}, ${meta.correlationId}, ${meta.commandId}, ${at}::text::timestamptz
    from unnest(
      ${facts.map(({ type }) => type as string)}::text[],
      ${facts.map((fact) => JSON.stringify(factToJson(fact)))}::text[]::jsonb[])
      with ordinality as f(type, payload, ordinal)
    on conflict do nothing returning 1`;
  if (written.length !== facts.length) {
    throw new PlatformError('VERSION_CONFLICT', `basket ${after.code} was changed meanwhile`);
  }
  await saveSnapshot(tx, steps, {
    eventVersion: from.eventVersion + facts.length,
    actor: meta.actor,
    atMs: meta.atMs,
  });
  return after;
}

function stepsOf(
  basket: Basket | null,
  facts: readonly BasketFact[],
  { actorRoles, atMs }: WriteMeta,
): readonly Projected[] {
  const steps: Projected[] = [];
  let before = basket;
  for (const fact of facts) {
    const after = evolve(before, fact);
    steps.push({ fact, before, after, actorRoles, atMs });
    before = after;
  }
  return steps;
}

async function appendAudit(
  tx: TransactionSql,
  basket: Basket,
  entry: Parameters<BasketTurn['audit']>[1],
  hash: (text: string) => string,
): Promise<number> {
  const [last] = await tx<{ number: number; hash: string }[]>`
    select number, hash from baskets.transition
    where basket_id = ${basket.id} order by number desc limit 1`;
  const row: AuditEntry = {
    ...entry,
    basketId: basket.id,
    number: (last?.number ?? 0) + 1,
    previousHash: last?.hash ?? null,
  };
  await tx`
    insert into baskets.transition
      (basket_id, number, event, from_state, to_state, version_number, version_hash, actor,
       actor_roles, on_behalf_of, comment, refusal, command_id, correlation_id, recorded_at,
       previous_hash, hash)
    values (${row.basketId}, ${row.number}, ${row.event}, ${row.from}, ${row.to},
      ${row.versionNumber}, ${row.versionHash}, ${row.actor}, ${[...row.actorRoles]}::text[],
      ${row.onBehalfOf}, ${row.comment}, ${row.refusal}, ${row.commandId}, ${row.correlationId},
      ${instantText(row.recordedAtMs)}::text::timestamptz, ${row.previousHash},
      ${hash(canonicalEntry(row))})`;
  if (row.refusal === null) await publish(tx, basket, row);
  return row.number;
}

async function publish(tx: TransactionSql, { code }: Basket, row: AuditEntry): Promise<void> {
  const { topic, name, version } = basketTransitioned;
  const payload = basketTransitioned.encode({
    basketId: row.basketId,
    code,
    number: row.number,
    event: row.event,
    from: row.from,
    to: row.to,
    versionNumber: row.versionNumber,
    versionHash: row.versionHash,
    user: row.actor,
    comment: row.comment,
    occurredAtMs: row.recordedAtMs,
  });
  await appendToOutbox(tx, [
    {
      topic,
      key: row.basketId,
      type: name,
      version,
      payload,
      correlationId: row.correlationId,
      causationId: row.commandId,
    },
  ]);
}
