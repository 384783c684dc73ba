/** Makes the next version of a basket from the one the editor saw. */

import { type Decimal, formatDecimal } from '#kernel/decimal';
import type { ProposedConstituent, ProposedRule } from '../domain/weighing.ts';
import type { WeightingScheme } from '../domain/weighting-schemes.ts';
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

export interface EditBasketDeps extends SubmitDeps, ChangeDeps {}

/** A null field keeps what the version has. */
export interface BasketEdit {
  readonly code: string;
  readonly name: string | null;
  readonly weighting: WeightingScheme | null;
  /** Null keeps that of the version, as far as the weighting stays. */
  readonly rule: ProposedRule | null;
  readonly constituents: readonly ProposedConstituent[] | null;
  readonly notional: Decimal | null;
  readonly launchAtMs: number | null;
  readonly delegates: readonly string[] | null;
}

export async function editBasket(
  deps: EditBasketDeps,
  request: CommandRequest,
  edit: BasketEdit,
): Promise<CommandOutcome> {
  const { name, weighting, rule, notional, launchAtMs, delegates } = edit;
  const code = normalizedCode(edit.code);
  const constituents = edit.constituents && normalized(edit.constituents);
  return submitCommand(deps, {
    request,
    code,
    content: JSON.stringify([
      name,
      weighting,
      ...proposalText(constituents, rule),
      notional === null ? null : formatDecimal(notional),
      launchAtMs,
      delegates,
    ]),
    command: {
      type: 'EditBasket',
      name,
      weighting,
      rule,
      constituents,
      notional,
      launchAtMs,
      delegates,
      reference: await loadChanges(deps, code, { weighting, rule, constituents }),
      hash: deps.hash,
    },
  });
}
