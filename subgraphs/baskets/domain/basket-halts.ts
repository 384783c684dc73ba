/** Commands that halt a live basket and let it go on. */

import { accept, refuse } from '#kernel/decision';
import type { Basket } from './basket.ts';
import { commentFault } from './basket-approvals.ts';
import { isActor, peopleOf } from './basket-caller.ts';
import type { Asked, CommandOf } from './basket-command.ts';
import type { BasketDecision } from './basket-decision.ts';

export function autoSuspend({ reason }: CommandOf<'AutoSuspend'>): BasketDecision {
  return accept({ type: 'BasketSuspended', by: 'system', as: 'SYS', reason });
}

export function suspend(asked: Asked): BasketDecision {
  const { by, comment } = asked;
  const as = isActor('O', by) ? 'O' : 'R';
  const reason = comment?.trim() ?? '';
  return (
    commentFault(asked, 'the reason') ??
    accept({ type: 'BasketSuspended', by: by.actor, as, reason })
  );
}

/** Row 31: what a risk officer halted, somebody else lets go on. */
export function resume(
  { suspension }: Basket,
  { standingCause }: CommandOf<'Resume'>,
  { by }: Asked,
): BasketDecision {
  if (suspension?.as === 'R' && peopleOf(by).includes(suspension.by)) {
    return refuse(
      'SUSPENDER_MAY_NOT_RESUME',
      `expected somebody else than ${suspension.by}, who suspended it for risk`,
    );
  }
  if (standingCause !== null) {
    return refuse('CAUSE_NOT_CLEARED', `it would be suspended again: ${standingCause}`);
  }
  return accept({ type: 'BasketResumed' });
}
