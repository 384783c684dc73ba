/**
 * What an operation has to pass before it is planned, whichever way it came: it is registered where
 * the caller may send no other, its pages and its cost are within limits, and the cost is taken
 * from the caller's bucket. Size and shape of the text were checked when it was parsed.
 */

import { type DocumentNode, GraphQLError, type OperationDefinitionNode } from 'graphql';
import { type Counter } from 'prom-client';
import type { ErrorCode } from '#platform/errors';
import type { Allowance, RateLimiter } from '#platform/rate-limit/rate-limiter';
import type { Role } from '#kernel/roles';
import type { Variables } from '../asked-operation.ts';
import type { GatewayLimits } from '../gateway-options.ts';
import {
  amountOf,
  type AskedPage,
  type CostModel,
  type OperationCost,
  operationCost,
} from './operation-cost.ts';
import { tooComplex } from './operation-limits.ts';
import type { Payer, PayerKind } from './payer.ts';
import type { Safelist } from './safelist.ts';

export interface AdmissionParts {
  readonly model: CostModel;
  readonly limits: Pick<GatewayLimits, 'maxCost' | 'boundsPages' | 'rates'>;
  readonly rateLimiter: RateLimiter;
  readonly safelist: Safelist;
  /** Refusals, by limit. */
  readonly refusals: Counter<'limit'>;
}

export interface ForAdmission {
  readonly document: DocumentNode;
  /** SHA-256 of its text. */
  readonly hash: string;
  readonly operation: OperationDefinitionNode;
  readonly variables: Variables;
  readonly roles: readonly Role[];
  readonly payer: Payer;
}

export interface Admission {
  /** Takes the least there is, before anything is parsed. Answers the refusal. */
  readonly enter: (payer: Payer) => GraphQLError | undefined;
  /** Answers the refusal; undefined: it may run. */
  readonly admit: (asked: ForAdmission) => GraphQLError | undefined;
  readonly estimate: (asked: Pick<ForAdmission, 'document' | 'operation' | 'variables'>) => number;
}

/** What entering costs, and so the least that an operation does. */
const ENTRY = 1;
const MS_PER_SECOND = 1_000;

const LIMIT_NAMES: Readonly<Record<PayerKind, string>> = {
  user: 'costPerSecondOfUser',
  program: 'costPerSecondOfProgram',
  anonymous: 'costPerSecondOfAddress',
};

export function createAdmission(parts: AdmissionParts): Admission {
  const { model, limits, rateLimiter, safelist, refusals } = parts;
  // Documents are parsed once and kept while they are in use; their costs go with them.
  const known = new WeakMap<OperationDefinitionNode, OperationCost>();

  function costOf({ document, operation }: Pick<ForAdmission, 'document' | 'operation'>) {
    const cost = known.get(operation) ?? operationCost(model, document, operation);
    known.set(operation, cost);
    return cost;
  }

  function take(payer: Payer, cost: number): GraphQLError | undefined {
    if (limits.rates === 'off' || cost <= 0) return undefined;
    const allowance = limits.rates[payer.kind];
    const { isAllowed, retryAfterMs } = rateLimiter.take(payer.key, cost, allowance);
    if (isAllowed) return undefined;
    // Whoever comes again pays for coming in again.
    const entryMs = Math.ceil((ENTRY / allowance.perSecond) * MS_PER_SECOND);
    return tooFast(payer.kind, cost, allowance, retryAfterMs + (cost === ENTRY ? 0 : entryMs));
  }

  function refusalOf(asked: ForAdmission): GraphQLError | undefined {
    const unregistered = safelist.refusalOf(asked.hash, asked.roles);
    if (unregistered) return unregistered;
    const { cost, pages } = costOf(asked);
    const tooLong = limits.boundsPages && pages.find((page) => isTooLong(page, asked.variables));
    if (tooLong) return pageTooLong(tooLong, amountOf(tooLong.asked, asked.variables));
    const estimated = amountOf(cost, asked.variables);
    if (estimated > limits.maxCost) return tooComplex('maxCost', limits.maxCost, estimated);
    return take(asked.payer, estimated - ENTRY);
  }

  function counted(refusal: GraphQLError | undefined): GraphQLError | undefined {
    if (refusal) refusals.inc({ limit: String(refusal.extensions['limit']) });
    return refusal;
  }

  return {
    enter: (payer) => counted(take(payer, ENTRY)),
    admit: (asked) => counted(refusalOf(asked)),
    estimate: (asked) => Math.max(ENTRY, amountOf(costOf(asked).cost, asked.variables)),
  };
}

function isTooLong({ asked, allowed }: AskedPage, variables: Variables): boolean {
  return amountOf(asked, variables) > allowed;
}

function pageTooLong({ field, argument, allowed }: AskedPage, found: number): GraphQLError {
  const code: ErrorCode = 'BAD_USER_INPUT';
  const message = `${field}: ${argument} is at most ${allowed}, was ${found}`;
  return new GraphQLError(message, { extensions: { code, limit: 'maxPageSize', allowed } });
}

function tooFast(
  kind: PayerKind,
  cost: number,
  { perSecond, burst }: Allowance,
  retryAfterMs: number,
): GraphQLError {
  const code: ErrorCode = 'RATE_LIMITED';
  const limit = LIMIT_NAMES[kind];
  const message =
    `too much at once: ${limit} is ${perSecond} with a burst of ${burst}, ` +
    `${cost} more can be taken in ${retryAfterMs} ms`;
  return new GraphQLError(message, {
    extensions: { code, limit, allowed: perSecond, retryAfterMs },
  });
}
