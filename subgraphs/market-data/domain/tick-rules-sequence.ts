/** Rules on the order in which one source sends the ticks of one symbol. */

import type { SourceTick } from './tick.ts';
import type { TickFault } from './tick-rules-form.ts';
import type { SymbolState } from './tick-state.ts';

/** A source that has no numbers cannot repeat itself or come late. */
export function sequenceFault(state: SymbolState, tick: SourceTick): TickFault | null {
  if (tick.sourceSequence === null) return null;
  const known = state.sources.find((each) => each.source === tick.source);
  if (known === undefined) return null;
  const sequence = BigInt(tick.sourceSequence);
  if (sequence > known.lastSequence) return null;
  const expected = `expected a source sequence above ${known.lastSequence}, was ${sequence}`;
  return known.recentSequences.includes(sequence)
    ? { rule: 'DUPLICATE', reason: `${expected}, which came before` }
    : { rule: 'OUT_OF_SEQUENCE', reason: expected };
}
