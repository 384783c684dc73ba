/** Proposes a new version of a live basket; it goes through the same approval as the first. */

import type { BusinessDate } from '#kernel/business-date';
import type { IndexCalendar } from '../domain/basket-command.ts';
import type { ProposedConstituent, Weighting } from '../domain/composition.ts';
import type { BasketReader } from '../store/basket-reader.ts';
import type { ReferenceDataReader } from '../store/reference-data.ts';
import { loadReference, normalized, normalizedCode } from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SubmitDeps,
} from './submit-command.ts';

export interface RebalanceBasketDeps extends SubmitDeps {
  readonly reader: Pick<BasketReader, 'currentSymbols'>;
  readonly reference: ReferenceDataReader;
  readonly calendar: IndexCalendar;
}

/** A null field keeps what the effective version has. */
export interface WantedRebalance {
  readonly code: string;
  readonly weighting: Weighting | null;
  readonly constituents: readonly ProposedConstituent[] | null;
  /** It counts from the close of this day on; null for the next day of the index. */
  readonly effectiveDate: BusinessDate | null;
}

export async function rebalanceBasket(
  deps: RebalanceBasketDeps,
  request: CommandRequest,
  wanted: WantedRebalance,
): Promise<CommandOutcome> {
  const { weighting, effectiveDate } = wanted;
  const code = normalizedCode(wanted.code);
  const constituents = wanted.constituents && normalized(wanted.constituents);
  const symbols = constituents
    ? constituents.map(({ symbol }) => symbol)
    : await deps.reader.currentSymbols(code);
  return submitCommand(deps, {
    request,
    code,
    content: JSON.stringify([
      weighting,
      constituents?.map((each) => [each.symbol, each.weight === null ? null : `${each.weight}`]),
      effectiveDate,
    ]),
    command: {
      type: 'RebalanceBasket',
      weighting,
      constituents,
      effectiveDate,
      calendar: deps.calendar,
      reference: await loadReference(deps.reference, symbols),
      hash: deps.hash,
    },
  });
}
