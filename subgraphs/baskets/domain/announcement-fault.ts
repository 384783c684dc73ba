/** What is wrong with a corporate action on its face, when it is announced. */

import type { BusinessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import type { Price } from '#kernel/money';
import type { AnnouncedTerms } from './corporate-action-announced.ts';

/** More shares for one, or one for more, is a slip of the pen: 1:1000 and 1000:1 still pass. */
export const MAX_SHARE_RATIO = 1_000n;
/** What is paid for a name may be half of its last close away from it, unless confirmed. */
const MAX_PAID_AWAY = { part: 1n, of: 2n };

export interface Announcement {
  readonly exDate: BusinessDate;
  readonly terms: AnnouncedTerms;
  /** The announcer means the cash or final price, however far it is from the last close. */
  readonly isPriceConfirmed: boolean;
}

/** Undefined when nothing speaks against it; `lastClose` null when none is known. */
export function announcementFault(
  { exDate, terms, isPriceConfirmed }: Announcement,
  { today, lastClose }: { readonly today: BusinessDate; readonly lastClose: Price | null },
): string | undefined {
  if (exDate < today) {
    return `expected an ex-date from ${today} on, was ${exDate}: indices have passed it`;
  }
  const ratio = ratioFault(terms);
  if (ratio !== undefined || lastClose === null) return ratio;
  if (terms.kind === 'SPECIAL_DIVIDEND' && terms.dividend >= lastClose) {
    const [close, found] = [formatDecimal(lastClose), formatDecimal(terms.dividend)];
    return `expected a dividend below ${close}, the last close of ${terms.symbol}, was ${found}`;
  }
  return isPriceConfirmed ? undefined : paidFault(terms, lastClose);
}

function ratioFault(terms: AnnouncedTerms): string | undefined {
  const ratio = ratioOf(terms);
  if (ratio === undefined) return undefined;
  const [given, held] = ratio;
  if (given <= held * MAX_SHARE_RATIO && held <= given * MAX_SHARE_RATIO) return undefined;
  const most = MAX_SHARE_RATIO;
  return `expected a ratio from 1:${most} to ${most}:1, was ${given}:${held}`;
}

function ratioOf(terms: AnnouncedTerms): readonly [bigint, bigint] | undefined {
  switch (terms.kind) {
    case 'SPLIT':
    case 'MERGER_FOR_STOCK':
      return [terms.newShares, terms.oldShares];
    case 'RIGHTS':
      return [terms.newShares, terms.perShares];
    case 'SPIN_OFF':
      return [terms.childShares, terms.parentShares];
    case 'SPECIAL_DIVIDEND':
    case 'DELETE':
    case 'MERGER_FOR_CASH':
      return undefined;
  }
}

function paidFault(terms: AnnouncedTerms, lastClose: Price): string | undefined {
  const paid = paidFor(terms);
  if (paid === null) return undefined;
  const away = paid > lastClose ? paid - lastClose : lastClose - paid;
  if (away * MAX_PAID_AWAY.of <= lastClose * MAX_PAID_AWAY.part) return undefined;
  const [close, found] = [formatDecimal(lastClose), formatDecimal(paid)];
  const { part, of } = MAX_PAID_AWAY;
  return (
    `expected at most ${part}/${of} away from ${close}, the last close of ${terms.symbol}, ` +
    `was ${found}; confirmPrice if it is meant`
  );
}

function paidFor(terms: AnnouncedTerms): Price | null {
  if (terms.kind === 'MERGER_FOR_CASH') return terms.cash;
  return terms.kind === 'DELETE' ? terms.finalPrice : null;
}
