/** Rules on the order in which one source sends the ticks of one symbol. */

import type { SourceTick } from './tick.ts';
import type { TickFault } from './tick-rules-form.ts';
import type { SourceState, SymbolState } from './tick-state.ts';

/** A step further ahead than this is a wrong number: it would silence the source for ever. */
export const MAX_SEQUENCE_STEP = 10n ** 12n;
/** Growing numbers refused in a row after which the source is taken to have started anew. */
export const REFUSED_UNTIL_RESTART = 100;

export type SequenceFinding =
  | { readonly kind: 'IN_SEQUENCE' }
  | { readonly kind: 'RESTARTED' }
  | { readonly kind: 'FAULT'; readonly fault: TickFault };

const IN_SEQUENCE: SequenceFinding = { kind: 'IN_SEQUENCE' };

/** A source that has no numbers cannot repeat itself or come late. */
export function findInSequence(state: SymbolState, tick: SourceTick): SequenceFinding {
  if (tick.sourceSequence === null) return IN_SEQUENCE;
  const known = state.sources.find((each) => each.source === tick.source);
  if (known === undefined) return IN_SEQUENCE;
  const sequence = BigInt(tick.sourceSequence);
  const last = known.lastSequence;
  if (sequence > last && sequence - last <= MAX_SEQUENCE_STEP) return IN_SEQUENCE;
  const expected = `expected a source sequence above ${last}, was ${sequence}`;
  if (known.recentSequences.includes(sequence)) {
    const reason = `${expected}, which came before`;
    return { kind: 'FAULT', fault: { rule: 'DUPLICATE', reason } };
  }
  if (hasRestarted(known, sequence)) return { kind: 'RESTARTED' };
  const reason = sequence > last ? `${expected}, more than ${MAX_SEQUENCE_STEP} ahead` : expected;
  return { kind: 'FAULT', fault: { rule: 'OUT_OF_SEQUENCE', reason } };
}

function hasRestarted({ refused }: SourceState, sequence: bigint): boolean {
  return refused !== null && refused.count >= REFUSED_UNTIL_RESTART && sequence > refused.last;
}
