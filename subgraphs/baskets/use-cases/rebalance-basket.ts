/** Proposes a new version of a live basket; it goes through the same approval as the first. */

import type { BusinessDate } from '#kernel/business-date';
import type { ProposedConstituent, ProposedRule } from '../domain/weighing.ts';
import type { WeightingScheme } from '../domain/weighting-schemes.ts';
import { type CalendarDeps, calendarOf } from './load-calendar.ts';
import {
  type ChangeDeps,
  loadChanges,
  normalized,
  normalizedCode,
  proposalText,
} from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SubmitDeps,
} from './submit-command.ts';

export interface RebalanceBasketDeps extends SubmitDeps, ChangeDeps, CalendarDeps {}

/** A null field keeps what the effective version has. */
export interface WantedRebalance {
  readonly code: string;
  readonly weighting: WeightingScheme | null;
  /** Null keeps that of the version, as far as the weighting stays. */
  readonly rule: ProposedRule | null;
  readonly constituents: readonly ProposedConstituent[] | null;
  /** It counts from the close of this day on; null for the next day of the index. */
  readonly effectiveDate: BusinessDate | null;
}

export async function rebalanceBasket(
  deps: RebalanceBasketDeps,
  request: CommandRequest,
  wanted: WantedRebalance,
): Promise<CommandOutcome> {
  const { weighting, rule, effectiveDate } = wanted;
  const code = normalizedCode(wanted.code);
  const constituents = wanted.constituents && normalized(wanted.constituents);
  const symbols = [
    ...(await deps.reader.symbolsInHand(code)),
    ...(constituents ?? []).map(({ symbol }) => symbol),
  ];
  return submitCommand(deps, {
    request,
    code,
    content: JSON.stringify([weighting, ...proposalText(constituents, rule), effectiveDate]),
    command: {
      type: 'RebalanceBasket',
      weighting,
      rule,
      constituents,
      effectiveDate,
      calendar: await calendarOf(deps, symbols),
      reference: await loadChanges(deps, code, { weighting, rule, constituents }),
      hash: deps.hash,
    },
  });
}
