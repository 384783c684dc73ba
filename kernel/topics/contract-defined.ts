/** Topic `contract-defined`: the terms of contracts as they are defined, keyed by contract. */

import { type BusinessDate, businessDate } from '../business-date.ts';
import type { EventType } from './event-type.ts';
import { boolean, integer, parsed, parsedOrNull, payload, text } from './reading.ts';

export const CONTRACT_DEFINED_TOPIC = 'contract-defined';

export interface ContractWasDefined {
  /** In upper case. */
  readonly contractId: string;
  /** Of the definition: 1, 2, 3, … per contract. */
  readonly version: number;
  /** Which lots a sale takes first; readers treat it as text. */
  readonly reliefMethod: string;
  /** The method holds from this day on. */
  readonly effectiveFrom: BusinessDate;
  /** A sale of more than is held is refused. */
  readonly isLongOnly: boolean;
  readonly hasWashSales: boolean;
  /** Trades before this day need a reason; null while no period is closed. */
  readonly booksClosedBefore: BusinessDate | null;
  /** Who defined it: a user or a service principal. */
  readonly user: string;
}

export const contractDefined: EventType<ContractWasDefined> = {
  topic: CONTRACT_DEFINED_TOPIC,
  name: 'ContractDefined',
  version: 1,
  encode: (event) => ({ ...event }),
  parse: (value) => {
    const from = payload(value);
    return {
      contractId: text(from, 'contractId'),
      version: integer(from, 'version'),
      reliefMethod: text(from, 'reliefMethod'),
      effectiveFrom: parsed(from, 'effectiveFrom', businessDate),
      isLongOnly: boolean(from, 'isLongOnly'),
      hasWashSales: boolean(from, 'hasWashSales'),
      booksClosedBefore: parsedOrNull(from, 'booksClosedBefore', businessDate),
      user: text(from, 'user'),
    };
  },
};
