import { PlatformError } from '#platform/errors';
import { type Instrument, type InstrumentSymbol, parseSymbol } from '../domain/instrument.ts';
import {
  type InstrumentDescription,
  type InstrumentUpsert,
  MAX_INSTRUMENTS_PER_UPSERT,
  planUpsert,
} from '../domain/instrument-upsert.ts';
import type { InstrumentRepository } from '../store/instruments.ts';

export interface UpsertInstrumentsDeps {
  readonly instruments: InstrumentRepository;
}

/** Adds or changes all of them, or answers with every fault and stores nothing. */
export async function upsertInstruments(
  { instruments }: UpsertInstrumentsDeps,
  descriptions: readonly InstrumentDescription[],
): Promise<InstrumentUpsert> {
  if (descriptions.length > MAX_INSTRUMENTS_PER_UPSERT) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `expected at most ${MAX_INSTRUMENTS_PER_UPSERT} instruments, was ${descriptions.length}`,
      { details: { limit: 'MAX_INSTRUMENTS_PER_UPSERT' } },
    );
  }
  const known = await instruments.bySymbols(symbolsOf(descriptions));
  const plan = planUpsert(descriptions, known);
  if (!plan.ok) return plan;
  await instruments.save(plan.instruments);
  return { ok: true, instruments: await asStored(instruments, plan.instruments) };
}

/** Read again: another call may have added the same symbol first, under its id. */
async function asStored(
  instruments: InstrumentRepository,
  planned: readonly Instrument[],
): Promise<readonly Instrument[]> {
  const stored = await instruments.bySymbols(planned.map((each) => each.symbol));
  return planned.map((each) => stored.get(each.symbol) ?? each);
}

function symbolsOf(descriptions: readonly InstrumentDescription[]): InstrumentSymbol[] {
  return descriptions.flatMap(({ symbol }) => parseSymbol(symbol) ?? []);
}
