/** Lets a corporate action change the lots of every position in its instrument. */

import { addDays } from '#kernel/business-date';
import { refuse, type Refusal } from '#kernel/decision';
import {
  type CorporateActionRequest,
  corporateActionOf,
} from '../domain/corporate-action-request.ts';
import type { CorporateAction } from '../domain/corporate-action.ts';
import { actOnLots } from '../domain/decide-lot-event.ts';
import type { TradedInstrument } from '../domain/trade.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import {
  type ActedOnPositions,
  actOnPositions,
  type ActOnPositionsDeps,
} from './act-on-positions.ts';
import { requireCommandId } from './change-trade.ts';

/** Why a corporate action is not applied to any position. In order of precedence. */
export type ActionRefusalReason =
  | 'UNKNOWN_INSTRUMENT'
  | 'UNKNOWN_OTHER_INSTRUMENT'
  | 'MISSING_TERMS'
  | 'INVALID_ACTION'
  | 'CURRENCY_MISMATCH'
  | 'EFFECTIVE_DATE_IN_FUTURE'
  | 'DUPLICATE_ACTION_ID_DIFFERENT_CONTENT';

export interface AskedAction extends Omit<CorporateActionRequest, 'otherInstrumentId'> {
  readonly symbol: string;
  /** Of the child, the acquirer, or after the change; null: none. */
  readonly otherSymbol: string | null;
  /** Key of the position to go on after; null for the first page. */
  readonly after: string | null;
}

export type AppliedAction =
  | (ActedOnPositions & { readonly actionId: string })
  | {
      readonly type: 'REFUSED';
      readonly actionId: string;
      readonly reason: ActionRefusalReason;
      readonly message: string;
    };

/** Once per action and position; a page of positions at a time. */
export async function applyCorporateAction(
  deps: ActOnPositionsDeps,
  asked: AskedAction,
  origin: CommandOrigin,
): Promise<AppliedAction> {
  const { actionId, after } = asked;
  requireCommandId('actionId', actionId);
  const checked = await checkedAction(deps, asked);
  if (!checked.ok) return refusedAction(actionId, checked);
  const { action, instrument } = checked;
  const done = await actOnPositions(deps, {
    concerned: {
      instrumentId: instrument.instrumentId,
      contractId: null,
      // It counts at the start of its day: what was opened on that day is of after it.
      since: addDays(action.effectiveDate, -1),
    },
    commandId: `action ${actionId}`,
    content: contentOf(action),
    after,
    origin,
    decide: (position, { today }) =>
      actOnLots(position, { type: 'ApplyCorporateAction', action, today }),
  });
  if (done !== undefined) return { ...done, actionId };
  const message = `actionId: expected the terms with which ${actionId} was applied, were others`;
  return refusedAction(actionId, refuse('DUPLICATE_ACTION_ID_DIFFERENT_CONTENT', message));
}

type Checked =
  | {
      readonly ok: true;
      readonly action: CorporateAction;
      readonly instrument: TradedInstrument;
    }
  | Refusal<ActionRefusalReason>;

async function checkedAction(
  { instruments, clock }: Pick<ActOnPositionsDeps, 'instruments' | 'clock'>,
  asked: AskedAction,
): Promise<Checked> {
  const symbol = asked.symbol.toUpperCase();
  const otherSymbol = asked.otherSymbol?.toUpperCase() ?? null;
  const found = await instruments.bySymbols([
    symbol,
    ...(otherSymbol === null ? [] : [otherSymbol]),
  ]);
  const instrument = found.get(symbol);
  if (instrument === undefined) return unknown('UNKNOWN_INSTRUMENT', symbol);
  const other = otherSymbol === null ? null : found.get(otherSymbol);
  if (other === undefined || other === instrument) {
    return unknown('UNKNOWN_OTHER_INSTRUMENT', otherSymbol ?? '');
  }
  const terms = corporateActionOf({ ...asked, otherInstrumentId: other?.instrumentId ?? null });
  if (!terms.ok) return terms;
  if (other !== null && other.currency !== instrument.currency) {
    const message =
      `${other.symbol}: expected an instrument in ${instrument.currency}, as the basis that goes ` +
      `over is, was in ${other.currency}`;
    return refuse('CURRENCY_MISMATCH', message);
  }
  const today = clock.today();
  if (asked.effectiveDate > today) {
    const message = `effectiveDate: expected at most ${today}, was ${asked.effectiveDate}`;
    return refuse('EFFECTIVE_DATE_IN_FUTURE', message);
  }
  return { ok: true, action: terms.action, instrument };
}

function unknown(
  reason: 'UNKNOWN_INSTRUMENT' | 'UNKNOWN_OTHER_INSTRUMENT',
  symbol: string,
): Refusal<ActionRefusalReason> {
  const expected =
    reason === 'UNKNOWN_INSTRUMENT'
      ? 'expected a symbol that market data knows'
      : 'expected the symbol of another instrument that market data knows';
  return refuse(reason, `${expected}, was ${JSON.stringify(symbol.slice(0, 80))}`);
}

function refusedAction(
  actionId: string,
  { reason, message = reason }: Refusal<ActionRefusalReason>,
): AppliedAction {
  return { type: 'REFUSED', actionId, reason, message };
}

function contentOf(action: CorporateAction): string {
  return JSON.stringify(action, (_field, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
