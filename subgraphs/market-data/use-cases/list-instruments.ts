import type { PageRequest } from '#platform/connection';
import { PlatformError } from '#platform/errors';
import { type AssetClass, type Instrument, parseSymbol } from '../domain/instrument.ts';
import type { InstrumentRepository } from '../store/instruments.ts';

export const MAX_SYMBOLS_PER_FILTER = 500;

export interface ListInstrumentsDeps {
  readonly instruments: InstrumentRepository;
}

/** Null and undefined do not filter. */
export interface InstrumentWish {
  readonly symbols?: readonly string[] | null | undefined;
  readonly assetClass?: AssetClass | null | undefined;
  readonly sector?: string | null | undefined;
  readonly search?: string | null | undefined;
}

/** In order of symbol; one more than asked when there is a next page. */
export async function listInstruments(
  { instruments }: ListInstrumentsDeps,
  wish: InstrumentWish,
  page: PageRequest,
): Promise<readonly Instrument[]> {
  if (wish.symbols && wish.symbols.length > MAX_SYMBOLS_PER_FILTER) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `symbols: expected at most ${MAX_SYMBOLS_PER_FILTER}, was ${wish.symbols.length}`,
      { details: { limit: 'MAX_SYMBOLS_PER_FILTER' } },
    );
  }
  return instruments.list(
    {
      // Text that cannot be a symbol names no instrument.
      symbols: wish.symbols?.flatMap((symbol) => parseSymbol(symbol) ?? []),
      assetClass: wish.assetClass ?? undefined,
      sector: wish.sector ?? undefined,
      search: wish.search ?? undefined,
    },
    page,
  );
}
