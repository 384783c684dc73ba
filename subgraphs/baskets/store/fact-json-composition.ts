/** Facts about what a basket is made of, and about its backtests. */

import { z } from 'zod';
import type { Json } from '#kernel/topics/event-type';
import {
  type BacktestParams,
  MISSING_PRICE_POLICIES,
  REBALANCE_RULES,
  TRADE_EXECUTIONS,
} from '../domain/backtest-params.ts';
import {
  baseField,
  countField,
  currencyField,
  dateField,
  decimalField,
  handField,
  instantField,
  versionField,
} from './fact-json-fields.ts';

const terms = {
  by: handField,
  notional: decimalField.nullable(),
  launchAtMs: instantField.nullable(),
  delegates: z.array(z.string()).nullable(),
};

export const compositionSchemas = {
  BasketCreated: z.object({
    basketId: z.string(),
    code: z.string(),
    name: z.string(),
    currency: currencyField,
    baseLevel: decimalField,
    ...terms,
    version: versionField,
  }),
  BasketEdited: z.object({ name: z.string(), ...terms, version: versionField }),
  BasketCancelled: z.object({}),
  IndexBased: z.object({ versionNumber: countField, base: baseField }),
};

export const backtestParamsField = z.object({
  from: dateField,
  to: dateField,
  rebalance: z.enum(REBALANCE_RULES),
  execution: z.enum(TRADE_EXECUTIONS),
  missingPrices: z.enum(MISSING_PRICE_POLICIES),
  costBps: decimalField,
  benchmarkSymbol: z.string().nullable(),
  maxCarriedSessions: countField,
  leastStartWeight: decimalField,
});

export const backtestParamsToJson = (params: BacktestParams): Json =>
  z.encode(backtestParamsField, params);

/** Throws on a row that is none of ours. */
export const backtestParamsOf = (value: unknown): BacktestParams =>
  z.decode(z.unknown().pipe(backtestParamsField), value);

const backtestId = z.string();

export const backtestSchemas = {
  BacktestTriggered: z.object({
    backtestId,
    versionNumber: countField,
    versionHash: z.string(),
    params: backtestParamsField,
    deadlineMs: instantField,
  }),
  BacktestCompleted: z.object({ backtestId, completedAtMs: instantField }),
  BacktestFailed: z.object({
    backtestId,
    cause: z.enum(['ERRORED', 'TIMEOUT']),
    reason: z.string(),
  }),
  BacktestCancelled: z.object({ backtestId }),
};
