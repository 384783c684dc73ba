/** Ticks of one symbol for tests of judging: one instrument, one time, decimals as text. */

import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { currencyCode } from '#kernel/money';
import type { InstrumentId, InstrumentSymbol } from './instrument.ts';
import { judgeTick, type Judgement } from './judge-tick.ts';
import type { SourceTick, TickInstrument } from './tick.ts';
import { initialState, type SymbolState } from './tick-state.ts';

export const NOW_MS = Date.parse('2026-11-20T15:00:00Z');

const INSTRUMENT: TickInstrument = {
  id: 'ins_ACME' as InstrumentId,
  symbol: 'ACME' as InstrumentSymbol,
  assetClass: 'EQUITY',
  currency: currencyCode('USD'),
  previousClose: { price: decimal('100'), date: businessDate('2026-11-19') },
};

export interface Sent extends Partial<Omit<SourceTick, 'price' | 'bid' | 'ask' | 'size'>> {
  readonly price: string;
  readonly bid?: string;
  readonly ask?: string;
  readonly size?: string;
}

export function tick({ price, bid, ask, size, ...rest }: Sent): SourceTick {
  const orNull = (text: string | undefined) => (text === undefined ? null : decimal(text));
  return {
    symbol: 'ACME',
    price: decimal(price),
    bid: orNull(bid),
    ask: orNull(ask),
    size: orNull(size),
    currency: null,
    eventTimeMs: NOW_MS,
    recordedEventTimeMs: null,
    source: 'A',
    sourceSequence: null,
    isSimulated: false,
    ...rest,
  };
}

export const start = (instrument: Partial<TickInstrument> = {}): SymbolState =>
  initialState({ ...INSTRUMENT, ...instrument }, null);

/** Judges all; answers with the judgement of the last. */
export function judgeAll(state: SymbolState, ...sent: readonly Sent[]): Judgement {
  let judged: Judgement = { verdict: { kind: 'YIELDED' }, state, confirmed: [], discarded: [] };
  for (const each of sent) judged = judgeTick(judged.state, tick(each), NOW_MS);
  return judged;
}

/** What became of it, short: ACCEPTED, YIELDED, or the kind and the rule. */
export function shortly({ verdict }: Judgement): string {
  switch (verdict.kind) {
    case 'ACCEPTED':
    case 'YIELDED':
      return verdict.kind;
    case 'REJECTED':
      return `REJECTED ${verdict.rule}`;
    case 'QUARANTINED':
      return `QUARANTINED ${verdict.held.rule}`;
  }
}

export const prices = (...list: readonly string[]): Sent[] => list.map((price) => ({ price }));
