/** The words of FIX 4.4 for an order, in UPPER_SNAKE, each with the code it has on the wire. */

export const SIDES = ['BUY', 'SELL'] as const;
export type Side = (typeof SIDES)[number];

/** OrdStatus, tag 39: where an order stands. */
export const ORD_STATUS_CODES = {
  NEW: '0',
  PARTIALLY_FILLED: '1',
  FILLED: '2',
  DONE_FOR_DAY: '3',
  CANCELED: '4',
  REPLACED: '5',
  PENDING_CANCEL: '6',
  STOPPED: '7',
  REJECTED: '8',
  SUSPENDED: '9',
  PENDING_NEW: 'A',
  CALCULATED: 'B',
  EXPIRED: 'C',
  PENDING_REPLACE: 'E',
} as const;
export type OrdStatus = keyof typeof ORD_STATUS_CODES;

/** ExecType, tag 150: what happened. TRIGGERED is from FIX 5.0. */
export const EXEC_TYPE_CODES = {
  NEW: '0',
  DONE_FOR_DAY: '3',
  CANCELED: '4',
  REPLACED: '5',
  PENDING_CANCEL: '6',
  STOPPED: '7',
  REJECTED: '8',
  SUSPENDED: '9',
  PENDING_NEW: 'A',
  CALCULATED: 'B',
  EXPIRED: 'C',
  RESTATED: 'D',
  PENDING_REPLACE: 'E',
  TRADE: 'F',
  TRADE_CORRECT: 'G',
  TRADE_CANCEL: 'H',
  ORDER_STATUS: 'I',
  TRIGGERED: 'L',
} as const;
export type ExecType = keyof typeof EXEC_TYPE_CODES;

/** OrdType, tag 40, and the two trailing and touched forms that FIX states by other tags. */
export const ORD_TYPES = [
  'MARKET',
  'LIMIT',
  'STOP',
  'STOP_LIMIT',
  'MARKET_IF_TOUCHED',
  'LIMIT_IF_TOUCHED',
  'MARKET_WITH_LEFTOVER_AS_LIMIT',
  'PEGGED',
  'TRAILING_STOP',
] as const;
export type OrdType = (typeof ORD_TYPES)[number];

/** TimeInForce, tag 59. */
export const TIMES_IN_FORCE = [
  'DAY',
  'GOOD_TILL_CANCEL',
  'AT_THE_OPENING',
  'IMMEDIATE_OR_CANCEL',
  'FILL_OR_KILL',
  'GOOD_TILL_CROSSING',
  'GOOD_TILL_DATE',
  'AT_THE_CLOSE',
] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];

export const EXEC_TYPES = Object.keys(EXEC_TYPE_CODES) as readonly ExecType[];
export const ORD_STATUSES = Object.keys(ORD_STATUS_CODES) as readonly OrdStatus[];
