/** Makes the next version of a basket from the one the editor saw. */

import { type Decimal, formatDecimal } from '#kernel/decimal';
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

export interface EditBasketDeps extends SubmitDeps {
  readonly reference: ReferenceDataReader;
  readonly reader: Pick<BasketReader, 'currentSymbols'>;
}

/** A null field keeps what the version has. */
export interface BasketEdit {
  readonly code: string;
  readonly name: string | null;
  readonly weighting: Weighting | null;
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
  const { name, weighting, notional, launchAtMs, delegates } = edit;
  const code = normalizedCode(edit.code);
  const constituents = edit.constituents && normalized(edit.constituents);
  const symbols = constituents
    ? constituents.map(({ symbol }) => symbol)
    : // Of a version that another edit may replace meanwhile: then this one is refused for that.
      await deps.reader.currentSymbols(code);
  return submitCommand(deps, {
    request,
    code,
    content: JSON.stringify([
      name,
      weighting,
      constituents?.map((each) => [each.symbol, each.weight === null ? null : `${each.weight}`]),
      notional === null ? null : formatDecimal(notional),
      launchAtMs,
      delegates,
    ]),
    command: {
      type: 'EditBasket',
      name,
      weighting,
      constituents,
      notional,
      launchAtMs,
      delegates,
      reference: await loadReference(deps.reference, symbols),
      hash: deps.hash,
    },
  });
}
