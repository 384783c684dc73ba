/** Writes down a corporate action of a name; baskets work it in when its time comes. */

import { type BusinessDate, utcDateOf } from '#kernel/business-date';
import { type Price, price } from '#kernel/money';
import type { Clock } from '#platform/clock';
import { announcementFault } from '../domain/announcement-fault.ts';
import {
  type AnnouncedAction,
  type AnnouncedKind,
  type AnnouncedTerms,
  describeTerms,
  otherSymbol,
  termsFault,
} from '../domain/corporate-action-announced.ts';
import type { ClosePriceReader } from '../store/close-prices.ts';
import type { CorporateActionStore } from '../store/corporate-actions.ts';
import type { ReferenceDataReader } from '../store/reference-data.ts';

export interface AnnounceActionDeps {
  readonly actions: Pick<CorporateActionStore, 'announce' | 'find'>;
  readonly reference: Pick<ReferenceDataReader, 'instruments'>;
  readonly closePrices: Pick<ClosePriceReader, 'carried' | 'closing'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** Terms as they are asked for: null when left out. */
export interface WantedAction {
  readonly actionId: string;
  readonly kind: AnnouncedKind;
  readonly symbol: string;
  readonly exDate: BusinessDate;
  readonly newShares: number | null;
  readonly oldShares: number | null;
  readonly amount: bigint | null;
  readonly finalPrice: bigint | null;
  readonly otherSymbol: string | null;
  readonly isPriceConfirmed: boolean;
}

export type ActionAnnounced =
  | { readonly ok: true; readonly action: AnnouncedAction; readonly description: string }
  | {
      readonly ok: false;
      readonly reason: 'TERMS_INVALID' | 'UNKNOWN_SYMBOL' | 'DUPLICATE_ACTION_ID_DIFFERENT_CONTENT';
      readonly message: string;
    };

const MAX_ID_LENGTH = 200;
/** The terms each kind needs; any other is one too many. */
const NEEDED: Readonly<Record<AnnouncedKind, readonly TermName[]>> = {
  SPLIT: ['newShares', 'oldShares'],
  SPECIAL_DIVIDEND: ['amount'],
  RIGHTS: ['newShares', 'oldShares', 'amount'],
  SPIN_OFF: ['newShares', 'oldShares', 'otherSymbol'],
  DELETE: [],
  MERGER_FOR_CASH: ['amount'],
  MERGER_FOR_STOCK: ['newShares', 'oldShares', 'otherSymbol'],
};
const TERM_NAMES = ['newShares', 'oldShares', 'amount', 'otherSymbol', 'finalPrice'] as const;
type TermName = (typeof TERM_NAMES)[number];

export async function announceCorporateAction(
  deps: AnnounceActionDeps,
  wanted: WantedAction,
  announcedBy: string,
): Promise<ActionAnnounced> {
  const { actions, reference, clock } = deps;
  const { actionId, exDate } = wanted;
  if (actionId.length === 0 || actionId.length > MAX_ID_LENGTH) {
    return invalid(`actionId has 1 to ${MAX_ID_LENGTH} characters, was ${actionId.length}`);
  }
  const fault = fieldFault(wanted);
  if (fault !== undefined) return invalid(fault);
  const terms = termsOf(wanted);
  const senseless = termsFault(terms);
  if (senseless !== undefined) return invalid(senseless);
  const names = [terms.symbol, otherSymbol(terms)].flatMap((each) => each ?? []);
  const known = await reference.instruments(names);
  const unknown = names.filter((symbol) => !known.has(symbol));
  if (unknown.length > 0) {
    const message = `no instrument has the symbol ${unknown.join(', ')}`;
    return { ok: false, reason: 'UNKNOWN_SYMBOL', message };
  }
  const announcement = { actionId, exDate, terms, announcedBy, announcedAtMs: clock.nowMs() };
  const earlier = await actions.find(actionId);
  const doubt = earlier ? undefined : await doubtOf(deps, { ...wanted, terms });
  if (doubt !== undefined) return invalid(doubt);
  const stored = earlier ?? (await actions.announce(announcement));
  if (contentOf(stored) !== contentOf(announcement)) {
    return {
      ok: false,
      reason: 'DUPLICATE_ACTION_ID_DIFFERENT_CONTENT',
      message: `${actionId} is: ${describeTerms(stored.terms)}, ex ${stored.exDate}`,
    };
  }
  return { ok: true, action: stored, description: describeTerms(stored.terms) };
}

/** What is wrong on its face today: an announcement of before is not judged again. */
async function doubtOf(
  { closePrices, clock }: AnnounceActionDeps,
  announcement: Parameters<typeof announcementFault>[0],
): Promise<string | undefined> {
  const today = utcDateOf(clock.nowMs());
  const { symbol } = announcement.terms;
  const [carried, traded] = await Promise.all([
    closePrices.carried([symbol], today),
    closePrices.closing([symbol], today),
  ]);
  const lastClose = (carried.get(symbol) ?? traded.get(symbol))?.price ?? null;
  return announcementFault(announcement, { today, lastClose });
}

const invalid = (message: string): ActionAnnounced => ({
  ok: false,
  reason: 'TERMS_INVALID',
  message,
});

const contentOf = ({ exDate, terms }: AnnouncedAction) =>
  JSON.stringify([exDate, terms], (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );

function fieldFault(wanted: WantedAction): string | undefined {
  const needed = NEEDED[wanted.kind];
  const missing = needed.filter((name) => wanted[name] === null);
  if (missing.length > 0) return `${wanted.kind} needs ${missing.join(', ')}`;
  const allowed = wanted.kind === 'DELETE' ? [...needed, 'finalPrice'] : needed;
  const extra = TERM_NAMES.filter((name) => wanted[name] !== null && !allowed.includes(name));
  return extra.length === 0 ? undefined : `${wanted.kind} has no ${extra.join(', ')}`;
}

/** All terms needed are there. */
function termsOf(wanted: WantedAction): AnnouncedTerms {
  const { kind } = wanted;
  const symbol = wanted.symbol.toUpperCase();
  const other = (wanted.otherSymbol ?? '').toUpperCase();
  const newShares = BigInt(wanted.newShares ?? 0);
  const oldShares = BigInt(wanted.oldShares ?? 0);
  const amount: Price = price(wanted.amount ?? 0n);
  switch (kind) {
    case 'SPLIT':
      return { kind, symbol, newShares, oldShares };
    case 'SPECIAL_DIVIDEND':
      return { kind, symbol, dividend: amount };
    case 'RIGHTS':
      return { kind, symbol, newShares, perShares: oldShares, subscriptionPrice: amount };
    case 'SPIN_OFF': {
      const counts = { childShares: newShares, parentShares: oldShares };
      return { kind, symbol, child: { symbol: other }, ...counts };
    }
    case 'DELETE': {
      const finalPrice = wanted.finalPrice === null ? null : price(wanted.finalPrice);
      return { kind, symbol, finalPrice };
    }
    case 'MERGER_FOR_CASH':
      return { kind, symbol, cash: amount };
    case 'MERGER_FOR_STOCK':
      return { kind, symbol, acquirer: other, newShares, oldShares };
  }
}
