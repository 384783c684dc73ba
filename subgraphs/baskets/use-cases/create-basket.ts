/** Creates a basket as a draft with its first version. */

import { type Decimal, formatDecimal } from '#kernel/decimal';
import { type CurrencyCode, parseCurrencyCode } from '#kernel/money';
import { PlatformError } from '#platform/errors';
import { DEFAULT_BASE_LEVEL } from '../domain/basket.ts';
import { NO_RULE } from '../domain/composition.ts';
import type { ProposedConstituent, ProposedRule } from '../domain/weighing.ts';
import type { WeightingScheme } from '../domain/weighting-schemes.ts';
import {
  loadProposal,
  normalized,
  normalizedCode,
  type ProposalDeps,
  proposalText,
} from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SubmitDeps,
} from './submit-command.ts';

export interface CreateBasketDeps extends SubmitDeps, ProposalDeps {
  readonly newId: () => string;
}

export interface NewBasket {
  readonly code: string;
  readonly name: string;
  readonly currency: string;
  readonly weighting: WeightingScheme;
  /** Null for weights by the scheme alone. */
  readonly rule: ProposedRule | null;
  /** Null for 1000. */
  readonly baseLevel: Decimal | null;
  readonly constituents: readonly ProposedConstituent[];
  /** Planned size in the basket's currency; null when nobody says. */
  readonly notional: Decimal | null;
  /** Null for at once. */
  readonly launchAtMs: number | null;
  /** Null for everybody with the right to write. */
  readonly delegates: readonly string[] | null;
}

export async function createBasket(
  deps: CreateBasketDeps,
  request: CommandRequest,
  wanted: NewBasket,
): Promise<CommandOutcome> {
  const constituents = normalized(wanted.constituents);
  const baseLevel = wanted.baseLevel ?? DEFAULT_BASE_LEVEL;
  const { name, weighting, notional, launchAtMs, delegates } = wanted;
  const code = normalizedCode(wanted.code);
  const currency = currencyOf(wanted.currency);
  const symbols = constituents.map(({ symbol }) => symbol);
  const rule = wanted.rule ?? NO_RULE;
  return submitCommand(deps, {
    request,
    code,
    content: JSON.stringify([
      name,
      currency,
      weighting,
      formatDecimal(baseLevel),
      ...proposalText(constituents, wanted.rule),
      notional === null ? null : formatDecimal(notional),
      launchAtMs,
      delegates,
    ]),
    command: {
      type: 'CreateBasket',
      basketId: `bsk_${deps.newId()}`,
      code,
      name,
      currency,
      weighting,
      rule,
      baseLevel,
      constituents,
      notional,
      launchAtMs,
      delegates,
      reference: await loadProposal(deps, { weighting, rule, symbols, currency }),
      hash: deps.hash,
    },
  });
}

function currencyOf(text: string): CurrencyCode {
  const currency = parseCurrencyCode(text.toUpperCase());
  if (currency !== undefined) return currency;
  throw new PlatformError(
    'BAD_USER_INPUT',
    `currency: expected a code such as USD, was "${text.slice(0, 20)}"`,
  );
}
