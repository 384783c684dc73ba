/**
 * Batches what the resolvers of one tick ask for. Keeps nothing: the context of a subscription
 * lives for hours, and its positions and prices move.
 */

import DataLoader from 'dataloader';
import type { ContractStore, RecordedContract } from '../store/contracts.ts';
import type { BusinessDate } from '#kernel/business-date';
import type { TaxLot } from '../domain/tax-lot.ts';
import type { ValuationPrice } from '../domain/valuation.ts';
import type { RecordedEvent } from '../store/event-codec.ts';
import type { DeadLetterAttempt } from '../store/dead-letter-codec.ts';
import type { DeadLetterReader } from '../store/dead-letter-reader.ts';
import type { CloseAsked, ClosingPrices } from '../store/closing-prices.ts';
import type { LastPrices } from '../store/last-prices.ts';
import type { EventRef, PositionRepository } from '../store/positions.ts';
import type { PositionSummary } from '../store/snapshot-codec.ts';

const MAX_LOADED_AT_ONCE = 500;
const OPTIONS = { cache: false, maxBatchSize: MAX_LOADED_AT_ONCE };

export type Loaders = ReturnType<typeof createLoaders>;

export function createLoaders({
  positions,
  lastPrices,
  closingPrices,
  letters,
  contracts,
}: {
  readonly positions: PositionRepository;
  readonly lastPrices: LastPrices;
  readonly closingPrices: ClosingPrices;
  readonly letters: DeadLetterReader;
  readonly contracts: Pick<ContractStore, 'byIds'>;
}) {
  return {
    positionByKey: new DataLoader<string, PositionSummary | null>(async (keys) => {
      const found = await positions.byKeys([...new Set(keys)]);
      return keys.map((key) => found.get(key) ?? null);
    }, OPTIONS),

    lots: new DataLoader<EventRef, readonly TaxLot[]>(
      async (refs) => [...(await positions.lotsOf(refs))],
      OPTIONS,
    ),

    event: new DataLoader<EventRef, RecordedEvent | undefined>(
      async (refs) => [...(await positions.eventsOf(refs))],
      OPTIONS,
    ),

    deadLetterAttempts: new DataLoader<string, readonly DeadLetterAttempt[]>(async (ids) => {
      const found = await letters.attemptsOf([...new Set(ids)]);
      return ids.map((id) => found.get(id) ?? []);
    }, OPTIONS),

    contract: new DataLoader<string, RecordedContract | null>(async (ids) => {
      const found = await contracts.byIds([...new Set(ids)]);
      return ids.map((id) => found.get(id) ?? null);
    }, OPTIONS),

    closingPrice: new DataLoader<CloseAsked, ValuationPrice | null>(
      async (asked) => [...(await closingPrices.newestUpTo(asked))],
      OPTIONS,
    ),

    unitsChangedOn: new DataLoader<string, BusinessDate | null>(async (keys) => {
      const found = await closingPrices.unitsChangedOn([...new Set(keys)]);
      return keys.map((key) => found.get(key) ?? null);
    }, OPTIONS),

    lastPrice: new DataLoader<string, ValuationPrice | null>(async (symbols) => {
      const found = await lastPrices.bySymbols([...new Set(symbols)]);
      return symbols.map((symbol) => found.get(symbol) ?? null);
    }, OPTIONS),
  };
}
