/** Turns the description of a portfolio into holdings, whatever it is made of. */

import { PlatformError } from '#platform/errors';
import { formatDecimal } from '#kernel/decimal';
import { type CurrencyCode, MAX_SCALED, parseCurrencyCode, type Quantity } from '#kernel/money';
import type { Holding } from '../domain/portfolio.ts';
import type { PositionRow, RiskInputs } from '../store/risk-inputs.ts';

export interface PortfolioSource {
  readonly bookIds: readonly string[] | null;
  readonly accountIds: readonly string[] | null;
  readonly basketCode: string | null;
  readonly holdings: readonly { readonly symbol: string; readonly quantity: Quantity }[] | null;
  readonly currency: string | null;
}

export interface LoadedHoldings {
  readonly holdings: readonly Holding[];
  /** Null unless made of positions. */
  readonly positions: readonly PositionRow[] | null;
}

const MAX_HOLDINGS = 1_000;
const MAX_BOOKS_OR_ACCOUNTS = 100;
const MAX_POSITIONS = 10_000;

/** Throws BAD_USER_INPUT unless the source names exactly one kind of portfolio. */
export async function loadHoldings(
  deps: { readonly inputs: Pick<RiskInputs, 'positions' | 'basketUnits'> },
  source: PortfolioSource,
): Promise<LoadedHoldings> {
  const ofPositions = source.bookIds !== null || source.accountIds !== null;
  const kinds = [ofPositions, source.basketCode !== null, source.holdings !== null];
  const named = kinds.filter(Boolean).length;
  if (named !== 1) {
    throw badInput(
      `of: expected one of bookIds or accountIds, basketCode, holdings; found ${named} of them`,
    );
  }
  if (source.holdings !== null) return { holdings: givenHoldings(source), positions: null };
  if (source.basketCode !== null) return basketHoldings(deps, source.basketCode.toUpperCase());
  return positionHoldings(deps, source);
}

/** The currency asked for; refuses text that is no currency code. */
export function askedCurrency(source: PortfolioSource): CurrencyCode | null {
  if (source.currency === null) return null;
  const code = parseCurrencyCode(source.currency);
  if (code === undefined) {
    throw badInput(`currency: expected a code such as USD, was "${source.currency}"`);
  }
  return code;
}

function givenHoldings({ holdings }: PortfolioSource): readonly Holding[] {
  const given = (holdings ?? []).map((each) => ({
    ...each,
    symbol: each.symbol.toUpperCase(),
    reconciliationStatus: 'RECONCILED' as const,
  }));
  if (given.length === 0 || given.length > MAX_HOLDINGS) {
    throw badInput(`holdings: expected 1 to ${MAX_HOLDINGS}, found ${given.length}`);
  }
  given.forEach(({ quantity }, index) => {
    if (quantity <= MAX_SCALED && quantity >= -MAX_SCALED) return;
    throw badInput(
      `holdings.${index}.quantity: expected at most ${formatDecimal(MAX_SCALED)} either way, ` +
        `was ${formatDecimal(quantity)}`,
    );
  });
  const symbols = new Set(given.map(({ symbol }) => symbol));
  if (symbols.size !== given.length) {
    throw badInput(
      `holdings: expected each symbol once, found ${given.length - symbols.size} twice`,
    );
  }
  return given;
}

async function basketHoldings(
  deps: { readonly inputs: Pick<RiskInputs, 'basketUnits'> },
  code: string,
): Promise<LoadedHoldings> {
  const rows = await deps.inputs.basketUnits(code);
  if (rows.length === 0) throw badInput(`basketCode: no basket has the code "${code}"`);
  const holdings = rows.flatMap(({ symbol, units }) =>
    units === null
      ? []
      : [{ symbol, quantity: units, reconciliationStatus: 'RECONCILED' as const }],
  );
  if (holdings.length !== rows.length) {
    throw badInput(`basketCode: ${code} has no units yet, it waits for its first prices`);
  }
  return { holdings, positions: null };
}

async function positionHoldings(
  deps: { readonly inputs: Pick<RiskInputs, 'positions'> },
  { bookIds, accountIds }: PortfolioSource,
): Promise<LoadedHoldings> {
  for (const [name, ids] of Object.entries({ bookIds, accountIds })) {
    if (ids !== null && (ids.length === 0 || ids.length > MAX_BOOKS_OR_ACCOUNTS)) {
      throw badInput(`${name}: expected 1 to ${MAX_BOOKS_OR_ACCOUNTS}, found ${ids.length}`);
    }
  }
  const upper = (ids: readonly string[] | null) => ids?.map((id) => id.toUpperCase()) ?? null;
  const positions = await deps.inputs.positions({
    bookIds: upper(bookIds),
    accountIds: upper(accountIds),
  });
  if (positions.length > MAX_POSITIONS) {
    throw badInput(`of: expected at most ${MAX_POSITIONS} positions; name fewer books or accounts`);
  }
  const holdings = positions
    .filter(({ quantity }) => quantity !== 0n)
    .map(({ symbol, quantity, reconciliationStatus }) => ({
      symbol,
      quantity,
      reconciliationStatus,
    }));
  return { holdings, positions };
}

function badInput(message: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', message);
}
