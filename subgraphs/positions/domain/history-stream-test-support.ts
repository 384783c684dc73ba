/** Random histories of every kind of event, for properties. */

import * as fc from 'fast-check';
import { addDays, type BusinessDate, businessDate } from '#kernel/business-date';
import { amount, price, quantity } from '#kernel/money';
import { weekdays } from './book-calendar.ts';
import type { CorporateAction } from './corporate-action.ts';
import {
  amend,
  apply,
  bust,
  correct,
  currentOf,
  type History,
  historyOf,
  submit,
} from './history-test-support.ts';
import { LOT_RELIEF_METHODS, type LotReliefMethod } from './lot-relief.ts';
import type { PositionCommand } from './position-command.ts';
import type { ReceivedLot } from './position-event.ts';
import { termsWith, trade as fixedTrade } from './position-test-support.ts';
import { targetOf } from './target-trade.ts';
import type { Trade } from './trade.ts';

export const START = businessDate('2026-03-02');

export interface Step {
  readonly what: number;
  readonly side: 'BUY' | 'SELL';
  readonly units: bigint;
  readonly unitPrice: bigint;
  readonly fees: bigint;
  readonly daysOff: number;
  readonly which: number;
  readonly clock: number;
}

export const steps = fc.array(
  fc.record({
    what: fc.nat(99),
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    units: fc.oneof(
      fc.bigInt(1n, 9n).map((n) => n * 10n ** 8n),
      fc.bigInt(1n, 10n ** 12n),
    ),
    unitPrice: fc.oneof(fc.bigInt(1n, 100n), fc.bigInt(10n ** 8n, 10n ** 11n)),
    fees: fc.oneof(fc.constant(0n), fc.bigInt(0n, 10n ** 9n)),
    daysOff: fc.nat(12),
    which: fc.nat(1000),
    clock: fc.nat(5),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
);

export const methods = fc.constantFrom<LotReliefMethod>(...LOT_RELIEF_METHODS);

/** How often each kind of step comes, in hundredths. */
const SHARES = {
  trade: 30,
  late: 20,
  forward: 8,
  bust: 6,
  amend: 7,
  correct: 9,
  reset: 4,
  action: 4,
  method: 3,
  elect: 4,
  receive: 3,
  roll: 2,
} as const;
export type Kind = keyof typeof SHARES;
export const KINDS = Object.keys(SHARES) as Kind[];

export interface Book {
  readonly method: LotReliefMethod;
  readonly hasWashSales?: boolean;
  readonly isLongOnly?: boolean;
  /** Left out: all kinds. */
  readonly kinds?: readonly Kind[];
}

export function played(stream: readonly Step[], book: Book): History {
  const { method, hasWashSales = false, isLongOnly = false, kinds = KINDS } = book;
  const history = historyOf(START, { ...termsWith(method), hasWashSales, isLongOnly });
  play(history, stream, kinds);
  return history;
}

/** Trades, late ones, bookings, busts, amendments and everything else, in a random order. */
export function play(
  history: History,
  stream: readonly Step[],
  kinds: readonly Kind[],
  firstIndex = 0,
): void {
  stream.forEach((step, index) => {
    if (step.clock === 0) history.today = addDays(history.today, 1 + (step.which % 4));
    const kind = kindOf(step.what);
    if (kinds.includes(kind)) perform(history, kind, step, firstIndex + index);
  });
}

function perform(history: History, kind: Kind, step: Step, index: number): void {
  const { today } = history;
  const tradeOn = (on: BusinessDate): Trade => ({
    ...fixedTrade(`T${index}`, step.side, '1', '1'),
    quantity: quantity(step.units),
    price: price(step.unitPrice),
    fees: amount(step.fees),
    effectiveDate: on,
    electedLots: electedFor(history, step),
  });
  switch (kind) {
    case 'trade':
      return void apply(history, tradeOn(today));
    case 'late':
      return void apply(history, tradeOn(addDays(today, -step.daysOff)));
    case 'forward':
      return void apply(history, tradeOn(addDays(today, 1 + step.daysOff)));
    case 'bust':
      return void bust(history, earlierTradeId(history, step));
    case 'amend':
      return void amend(history, earlierTradeId(history, step), (terms) => amended(terms, step));
    case 'correct':
      return void correct(history);
    case 'roll':
    case 'reset':
    case 'action':
    case 'method':
    case 'elect':
    case 'receive':
      return void submit(history, commandOf(history, kind, step, index));
  }
}

function earlierTradeId({ known }: History, { which }: Step): string {
  const ids = known.flatMap(({ event }) => ('trade' in event ? [event.trade.tradeId] : []));
  return ids[which % Math.max(1, ids.length)] ?? 'none';
}

function commandOf(
  history: History,
  kind: 'roll' | 'reset' | 'action' | 'method' | 'elect' | 'receive',
  step: Step,
  index: number,
): PositionCommand {
  const { today, terms, known } = history;
  const effectiveDate = addDays(today, -step.daysOff);
  switch (kind) {
    case 'roll':
      return { type: 'RollForward', today };
    case 'reset': {
      const resetPrice = price(step.unitPrice);
      return { type: 'ResetPrice', resetId: `R${index}`, resetPrice, effectiveDate, today };
    }
    case 'action': {
      const action = actionOf(step, `CA${index}`, effectiveDate);
      return { type: 'ApplyCorporateAction', action, today };
    }
    case 'method': {
      const method = LOT_RELIEF_METHODS[step.which % LOT_RELIEF_METHODS.length] ?? 'FIFO';
      // Where the contract does not say so, the next trade changes it back.
      if (step.side === 'BUY') {
        history.terms = { ...terms, reliefMethods: [{ from: START, method }] };
      }
      return { type: 'ChangeMethod', contractId: null, method, effectiveDate, today };
    }
    case 'elect': {
      const tradeId = earlierTradeId(history, step);
      const target = targetOf(known, tradeId);
      const election = { tradeId, target, lots: electedFor(history, step) ?? [], lotsFault: null };
      return { type: 'ElectLots', ...election, today, calendar: weekdays };
    }
    case 'receive': {
      const receipts = known.filter(
        ({ event }) => event.type === 'LOTS_RECEIVED' && event.replaces === null,
      );
      const receipt = receipts[step.which % Math.max(1, receipts.length)];
      if (receipt?.event.type === 'LOTS_RECEIVED' && step.clock % 2 === 1) {
        return {
          ...receipt.event,
          type: 'ReplaceReceivedLots',
          receiptVersion: receipt.version,
          history: known,
          lots: step.which % 3 === 0 ? [] : [receivedLot(step, receipt.event.effectiveDate)],
          today,
        };
      }
      return {
        type: 'ReceiveLots',
        transferId: `X${index}`,
        cause: 'TRANSFER',
        fromPositionKey: 'elsewhere',
        effectiveDate,
        lots: [receivedLot(step, effectiveDate)],
        terms,
        today,
      };
    }
  }
}

function kindOf(what: number): Kind {
  let left = what;
  for (const kind of KINDS) {
    left -= SHARES[kind];
    if (left < 0) return kind;
  }
  return 'trade';
}

function receivedLot({ side, units, fees, which }: Step, before: BusinessDate): ReceivedLot {
  const openDate = addDays(before, -(which % 50));
  return {
    lotId: 'L',
    openDate,
    acquiredOn: openDate,
    quantity: quantity(side === 'BUY' ? units : -units),
    costBasis: amount(side === 'BUY' ? fees : -fees),
    settledResets: amount(0n),
    sourceTradeId: 'L',
    parentLotId: null,
  };
}

function amended(terms: Trade, step: Step): Trade {
  switch (step.which % 4) {
    case 0:
      return { ...terms, price: price(step.unitPrice) };
    case 1:
      return { ...terms, quantity: quantity(step.units) };
    case 2:
      return { ...terms, side: step.side, fees: amount(step.fees) };
    default:
      return { ...terms, effectiveDate: addDays(terms.effectiveDate, step.daysOff - 6) };
  }
}

function actionOf(
  { which, unitPrice }: Step,
  actionId: string,
  effectiveDate: BusinessDate,
): CorporateAction {
  const terms = { actionId, effectiveDate };
  const lieu = { lotSize: quantity(10n ** 8n), price: price(unitPrice) };
  const cashInLieu = which % 2 === 0 ? null : lieu;
  const ratio = { numerator: 3n, denominator: 2n, cashInLieu };
  const cashPerUnit = price(unitPrice);
  switch (which % 9) {
    case 0:
    case 1:
      return { ...terms, ...ratio, type: 'SPLIT' };
    case 2:
    case 3:
      return { ...terms, ...ratio, type: 'SPLIT', numerator: 1n, denominator: 7n };
    case 4:
      return { ...terms, ...ratio, type: 'STOCK_DIVIDEND', numerator: 1n, denominator: 10n };
    case 5: {
      const prices = { parentPrice: price(3n), childPrice: price(unitPrice) };
      return { ...terms, ...ratio, ...prices, type: 'SPIN_OFF', childInstrumentId: 'ins_CHILD' };
    }
    case 6: {
      const acquirer = { acquirerInstrumentId: 'ins_ACQ', acquirerPrice: price(unitPrice) };
      return { ...terms, ...ratio, ...acquirer, type: 'MERGER', cashPerUnit };
    }
    case 7:
      return { ...terms, type: 'CASH_MERGER', cashPerUnit };
    default:
      return { ...terms, type: 'RETURN_OF_CAPITAL', cashPerUnit };
  }
}

/** Lots that are open now, oldest or newest first; mostly what a sale needs. */
function electedFor(history: History, { units, which }: Step): Trade['electedLots'] {
  const { lots, reliefMethod } = currentOf(history);
  if (reliefMethod !== 'SPECIFIC' && which % 10 > 0) return null;
  let left = units;
  const ordered = which % 2 === 0 ? lots : [...lots].reverse();
  const elected = ordered.flatMap((lot) => {
    const open = lot.quantity < 0n ? -lot.quantity : lot.quantity;
    const taken = open < left ? open : left;
    left -= taken;
    return taken === 0n ? [] : [{ lotId: lot.lotId, quantity: quantity(taken) }];
  });
  return elected.length === 0 ? null : elected;
}
