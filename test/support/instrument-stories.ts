/** Stories of what concerns all positions of an instrument, told to the positions subgraph. */

import { expect } from 'vitest';
import { eventually } from '../contract/ports/eventually.ts';
import { createTestDatabase } from './database.ts';
import { startPositions } from './positions-world.ts';
import { clientOf } from './subgraph-client.ts';

const RECORD = `mutation ($trades: [TradeInput!]!) {
  recordTrades(input: { trades: $trades }) {
    results { __typename ... on TradeRefused { reason message } }
  }
}`;
const RESULTS = `appliedCount nextAfter results {
  outcome eventVersion reason
  position { accountId quantity costBasis { amount } realizedPnl { amount } reconciliationStatus }
}`;
export const ACT = `mutation ($input: ApplyCorporateActionInput!) {
  applyCorporateAction(input: $input) {
    __typename
    ... on CorporateActionApplied { actionId ${RESULTS} }
    ... on CorporateActionRefused { actionId reason message }
  }
}`;
export const RESET = `mutation ($input: ResetPricesInput!) {
  resetPrices(input: $input) {
    __typename
    ... on PricesReset { resetId ${RESULTS} }
    ... on ResetPricesRefused { resetId reason message }
  }
}`;
const POSITION = `query ($key: PositionKeyInput!) {
  position(key: $key) {
    version quantity costBasis { amount } realizedPnl { amount } reconciliationStatus
    lots { id openDate quantity costBasis { amount } }
    events { edges { node { version type details { __typename
      ... on CorporateActionDetails {
        actionId action numerator denominator cash { amount }
        deliveredInstrumentId deliveredQuantity deliveredBasis { amount }
        acted: lots { lot quantityBefore quantityAfter costBasisAfter { amount } gain { amount } }
      }
      ... on PriceResetDetails {
        resetId resetPrice { amount } settlement { amount }
        reset: lots { lot settlement { amount } }
      }
      ... on ReceivedLotsDetails {
        transferId cause fromPositionId replacesVersion
        received: lots { lot openDate quantity }
      }
    } } } }
  }
}`;
const FAILED = '{ failedRecords { consumer topic reason } }';

interface Shown {
  readonly quantity: string;
  readonly costBasis: { readonly amount: string };
  readonly realizedPnl: { readonly amount: string };
}
export interface ShownPosition extends Shown {
  readonly version: number;
  readonly reconciliationStatus: string;
  readonly lots: readonly object[];
  readonly events: { readonly edges: readonly { readonly node: { readonly type: string } }[] };
}
export interface Answer {
  readonly appliedCount?: number;
  readonly nextAfter?: string | null;
  readonly reason?: string;
  readonly results?: readonly { readonly position: Shown; readonly outcome: string }[];
}

export const figures = ({ quantity, costBasis, realizedPnl }: Shown) =>
  [quantity, costBasis.amount, realizedPnl.amount].join(' / ');

type ToldTrade = readonly [side: string, quantity: string, price: string, on: string];

export type InstrumentStories = Awaited<ReturnType<typeof instrumentStories>>;

/** On a database of its own. */
export async function instrumentStories() {
  const database = await createTestDatabase();
  const positions = await startPositions(database.url);
  const operations = clientOf(positions.subgraph, 'operations', 'admin');
  let tradesTold = 0;

  async function positionOf(symbol: string, accountId: string): Promise<ShownPosition | null> {
    const key = { bookId: 'B', accountId, symbol };
    const data = (await operations.data(POSITION, { key })) as { position: ShownPosition | null };
    return data.position;
  }

  return {
    positionOf,

    /** An action concerns every position of its instrument: each story has some of its own. */
    async listed(symbol: string): Promise<string> {
      await positions.sql`
        insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
        values (${`ins_${symbol}`}, ${symbol}, ${symbol}, 'EQUITY', 'USD')`;
      return symbol;
    },

    async record(symbol: string, accountId: string, ...trades: readonly ToldTrade[]) {
      const input = trades.map(([side, quantity, price, effectiveDate]) => {
        tradesTold += 1;
        const tradeId = `CA-${tradesTold}`;
        const key = { tradeId, bookId: 'B', accountId, symbol };
        return { ...key, side, quantity, price, effectiveDate };
      });
      const data = (await operations.data(RECORD, { trades: input })) as {
        readonly recordTrades: { readonly results: readonly object[] };
      };
      const { results } = data.recordTrades;
      expect(results).toEqual(trades.map(() => ({ __typename: 'TradeRecorded' })));
    },

    /** A purchase of 100 at 10 in each of the accounts A000, A001, … */
    async recordInAccounts(symbol: string, count: number): Promise<void> {
      const trades = Array.from({ length: count }, (_unused, index) => {
        const accountId = `A${String(index).padStart(3, '0')}`;
        const key = { tradeId: `${symbol}-${accountId}`, bookId: 'B', accountId, symbol };
        return { ...key, side: 'BUY', quantity: '100', price: '10', effectiveDate: '2026-11-02' };
      });
      await operations.data(RECORD, { trades });
    },

    async ask(document: string, input: object): Promise<Answer> {
      const data = (await operations.data(document, { input })) as Readonly<Record<string, Answer>>;
      const [answer] = Object.values(data);
      if (answer === undefined) throw new Error('no answer');
      return answer;
    },

    /** The position, once it is reconciled and its figures are these. */
    async until(symbol: string, accountId: string, wanted: string): Promise<ShownPosition> {
      let found: ShownPosition | null = null;
      await eventually(async () => {
        found = await positionOf(symbol, accountId);
        return found?.reconciliationStatus === 'RECONCILED' && figures(found) === wanted;
      });
      if (found === null) throw new Error('no position');
      return found;
    },

    async failedRecords(): Promise<readonly FailedRecord[]> {
      const data = (await operations.data(FAILED)) as {
        readonly failedRecords: readonly FailedRecord[];
      };
      return data.failedRecords;
    },

    async stop(): Promise<void> {
      await positions.stop();
      await database.drop();
    },
  };
}

interface FailedRecord {
  readonly consumer: string;
  readonly reason: string;
}
