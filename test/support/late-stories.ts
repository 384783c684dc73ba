/** Stories of trades that come late, told to the positions subgraph: one book per story. */

import { type ExecutionResult, parse, subscribe } from 'graphql';
import { decimal } from '#kernel/decimal';
import { currencyCode, price } from '#kernel/money';
import { TRADE_APPLIED_TOPIC } from '#kernel/topics/trade-applied';
import { weekdays } from '../../subgraphs/positions/domain/book-calendar.ts';
import { decide } from '../../subgraphs/positions/domain/position-decider.ts';
import { positionKeyOf } from '../../subgraphs/positions/domain/position-key.ts';
import { targetOf } from '../../subgraphs/positions/domain/target-trade.ts';
import type {
  CommandFacts,
  WriteCommand,
} from '../../subgraphs/positions/use-cases/decide-batch.ts';
import { type PositionsOnTest, recordingOn, startPositions } from './positions-world.ts';
import { clientOf, identityOf, requestOf } from './subgraph-client.ts';

export interface ToldTrade {
  readonly id: string;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: string;
  readonly price: string;
  readonly on: string;
}

/** The golden trades E1 to E3, without fees. */
export const G1: readonly ToldTrade[] = [
  { id: 'E1', side: 'BUY', quantity: '100', price: '10', on: '2026-03-02' },
  { id: 'E2', side: 'BUY', quantity: '100', price: '12', on: '2026-03-09' },
  { id: 'E3', side: 'SELL', quantity: '150', price: '15', on: '2026-03-16' },
];

interface Figures {
  readonly quantity: string;
  readonly costBasis: { readonly amount: string };
  readonly realizedPnl: { readonly amount: string };
}

const FIGURES = 'quantity costBasis { amount } realizedPnl { amount }';
const STATUS = 'version reconciliationStatus statusReason';

function shown({ quantity, costBasis, realizedPnl }: Figures): string {
  return [quantity, costBasis.amount, realizedPnl.amount].join(' / ');
}

interface ToldPosition extends Figures {
  readonly version: number;
  readonly reconciliationStatus: string;
  readonly statusReason: string | null;
  readonly lots?: readonly {
    readonly id: string;
    readonly openDate: string;
    readonly quantity: string;
    readonly costBasis: { readonly amount: string };
  }[];
}

export type LateStories = Awaited<ReturnType<typeof lateStories>>;
export type Book = Awaited<ReturnType<LateStories['under']>>;

let storiesTold = 0;

export async function lateStories(url: string) {
  const positions = await startPositions(url);
  const operations = clientOf(positions.subgraph, 'operations', 'trader', 'admin');
  // Another process, for what the API does not offer.
  const elsewhere = recordingOn(positions.sql);

  return {
    positions,

    /** A book of its own, under a contract of that method. */
    async under(method: string, { longOnly = false }: { readonly longOnly?: boolean } = {}) {
      storiesTold += 1;
      const accountId = `LATE-${storiesTold}`;
      const contractId = `CONTRACT-${storiesTold}`;
      const owner = { bookId: 'BOOK-1', accountId, contractId };
      await operations.data(DEFINE, {
        input: { contractId, reliefMethod: method, longOnly, effectiveFrom: '2026-01-01' },
      });
      return bookOf(owner, { positions, elsewhere });
    },

    /** Accounts of the positions of a book's account that are provisional. */
    async provisional({ accountId }: { readonly accountId: string }): Promise<readonly string[]> {
      const data = (await operations.data(PROVISIONAL, { accountId })) as {
        readonly positions: { readonly edges: readonly { node: { accountId: string } }[] };
      };
      return data.positions.edges.map(({ node }) => node.accountId);
    },

    async stop(): Promise<void> {
      await elsewhere.stop();
      await positions.stop();
    },
  };
}

const DEFINE = /* GraphQL */ `
  mutation ($input: DefineContractInput!) {
    defineContract(input: $input) {
      __typename
    }
  }
`;
const PROVISIONAL = /* GraphQL */ `
  query ($accountId: String!) {
    positions(filter: { accountId: $accountId, status: PROVISIONAL }) {
      edges {
        node {
          accountId
        }
      }
    }
  }
`;
const RECORD = /* GraphQL */ `
  mutation ($trades: [TradeInput!]!) {
    recordTrades(input: { trades: $trades }) {
      results {
        ... on TradeRecorded { classification eventVersion position { ${FIGURES} ${STATUS} } }
        ... on TradeRefused { reason message }
      }
    }
  }
`;
const POSITION = /* GraphQL */ `
  query ($key: PositionKeyInput!) {
    position(key: $key) { ${FIGURES} ${STATUS} lots { id openDate quantity costBasis { amount } } }
  }
`;

interface Owner {
  readonly bookId: string;
  readonly accountId: string;
  readonly contractId: string | null;
}

interface World {
  readonly positions: PositionsOnTest;
  readonly elsewhere: ReturnType<typeof recordingOn>;
}

type Told =
  | { readonly classification: string; readonly position: ToldPosition }
  | { readonly reason: string; readonly message: string };

export function bookOf(owner: Owner, { positions, elsewhere }: World) {
  const { accountId } = owner;
  const client = clientOf(positions.subgraph, 'operations', 'trader', 'admin');
  const tradeId = (id: string): string => `${accountId}-${id}`;
  const key = keyOf(owner);

  async function position() {
    const data = (await client.data(POSITION, { key: { ...owner, symbol: 'AAPL' } })) as {
      readonly position: ToldPosition;
    };
    const { version, reconciliationStatus: status, statusReason, lots = [] } = data.position;
    return {
      version,
      status,
      statusReason,
      figures: shown(data.position),
      lots: lots.map((lot) =>
        [
          lot.id.replace(`${accountId}-`, ''),
          lot.quantity,
          lot.openDate,
          lot.costBasis.amount,
        ].join(' '),
      ),
    };
  }

  async function submit(decideIt: WriteCommand['decide'], id: string): Promise<void> {
    const [outcome] = await elsewhere.deps.writers.submit([
      {
        key,
        once: null,
        origin: { source: 'test', user: 'operations', correlationId: 'c', causationId: null },
        history: { tradeId: tradeId(id) },
        decide: decideIt,
      },
    ]);
    if (outcome?.type !== 'RECORDED') throw new Error(JSON.stringify(outcome));
  }

  return {
    ...owner,
    key,
    tradeId,
    position,

    /** Answers each trade's place, and the position right after it. Throws on a refusal. */
    async record(...trades: readonly ToldTrade[]) {
      const input = trades.map(({ id, on, ...rest }) => ({
        ...owner,
        ...rest,
        tradeId: tradeId(id),
        symbol: 'AAPL',
        effectiveDate: on,
      }));
      const data = (await client.data(RECORD, { trades: input })) as {
        readonly recordTrades: { readonly results: readonly Told[] };
      };
      return data.recordTrades.results.map((told) => {
        if ('reason' in told) throw new Error(`${told.reason}: ${told.message}`);
        const { version, reconciliationStatus: status } = told.position;
        const { classification } = told;
        return { classification, figures: shown(told.position), status, version };
      });
    },

    bust: (id: string) =>
      submit(
        (before, { today, history }) =>
          decide(before, {
            type: 'BustTrade',
            today,
            tradeId: tradeId(id),
            target: targetIn(history, tradeId(id)),
            reason: 'test',
          }),
        id,
      ),

    amend: (id: string, terms: { readonly price: string }) =>
      submit((before, { today, history }) => {
        const target = targetIn(history, tradeId(id));
        if (target === null) throw new Error(`no trade ${id}`);
        return decide(before, {
          type: 'AmendTrade',
          today,
          amendmentId: `A-${tradeId(id)}`,
          tradeId: tradeId(id),
          target,
          newTrade: { ...target.trade, price: price(decimal(terms.price)) },
          reason: 'test',
          calendar: weekdays,
        });
      }, id),

    async eventTypes(): Promise<readonly string[]> {
      const rows = await positions.sql<{ event_type: string }[]>`
        select event_type from positions.event_store
        where position_key = ${key.text} order by event_ver`;
      return rows.map(({ event_type: type }) => type);
    },

    /** Resolves once the position looks like this; it is looked at after every change. */
    async until(wanted: Partial<Awaited<ReturnType<typeof position>>>): Promise<void> {
      for (;;) {
        const change = nextChange(positions);
        const now = await position();
        const isThere = Object.entries(wanted).every(
          ([name, value]) => now[name as keyof typeof now] === value,
        );
        if (isThere) return;
        await change;
      }
    },
  };
}

/** Whatever it is: told when it has committed. */
function nextChange({ eventLog }: PositionsOnTest): Promise<void> {
  return new Promise((resolve) => {
    const ignore = eventLog.onNews(TRADE_APPLIED_TOPIC, () => {
      ignore();
      resolve();
    });
  });
}

function targetIn(history: CommandFacts['history'], tradeId: string) {
  return targetOf(history ?? [], tradeId);
}

function keyOf({ bookId, accountId, contractId }: Owner) {
  const result = positionKeyOf({
    bookId,
    accountId,
    contractId,
    instrumentId: 'ins_AAPL',
    symbol: 'AAPL',
    currency: currencyCode('USD'),
  });
  if (!result.ok) throw new Error(result.message);
  return result.key;
}

interface ToldCorrection {
  readonly sequence: string;
  readonly version: number;
  readonly causedBy: readonly string[];
  readonly replayedCount: number;
  readonly position: ToldPosition & { readonly accountId: string };
  readonly beforeTrade: Figures;
  readonly before: Figures;
  readonly after: Figures;
  readonly delta: Figures;
  readonly restatedGains: readonly {
    readonly tradeId: string;
    readonly eventVersion: number;
    readonly before: { readonly amount: string };
    readonly after: { readonly amount: string };
  }[];
  readonly restatedCount: number;
  readonly restatedTotal: { readonly amount: string };
}

const CORRECTED = /* GraphQL */ `
  subscription ($filter: PositionFilter, $after: String) {
    positionCorrected(filter: $filter, after: $after) {
      sequence version causedBy replayedCount
      position { accountId ${FIGURES} ${STATUS} }
      beforeTrade { ${FIGURES} } before { ${FIGURES} } after { ${FIGURES} } delta { ${FIGURES} }
      restatedGains { tradeId eventVersion before { amount } after { amount } }
      restatedCount restatedTotal { amount }
    }
  }
`;

export type CorrectionStream = Awaited<ReturnType<typeof correctionsOf>>;

/** Everything that is corrected from now on, or after a sequence. */
export async function correctionsOf(
  positions: PositionsOnTest,
  variables: { readonly after?: string; readonly filter?: object } = {},
) {
  const stream = await open(positions, CORRECTED, variables);

  async function next() {
    const { value, done } = await stream.next();
    if (done === true) throw new Error('the stream of corrections ended');
    const { data, errors } = value;
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    const told = (data as { positionCorrected: ToldCorrection }).positionCorrected;
    const { sequence, version, causedBy, replayedCount } = told;
    return {
      sequence,
      version,
      causedBy,
      replayedCount,
      accountId: told.position.accountId,
      position: { figures: shown(told.position), status: told.position.reconciliationStatus },
      beforeTrade: shown(told.beforeTrade),
      before: shown(told.before),
      after: shown(told.after),
      delta: shown(told.delta),
      restatedGains: told.restatedGains.map((each) => ({
        ...each,
        before: each.before.amount,
        after: each.after.amount,
      })),
      restatedCount: told.restatedCount,
      restatedTotal: told.restatedTotal.amount,
    };
  }

  return {
    next,
    /** The next one of that book; those of others are passed over. */
    async of({ accountId }: { readonly accountId: string }) {
      for (;;) {
        const correction = await next();
        if (correction.accountId === accountId) return correction;
      }
    },
    async end(): Promise<void> {
      await stream.return?.();
    },
  };
}

async function open(
  positions: PositionsOnTest,
  query: string,
  variables: object,
): Promise<AsyncIterator<ExecutionResult>> {
  const stream = await subscribe({
    schema: positions.subgraph.schema,
    document: parse(query),
    variableValues: { ...variables },
    contextValue: positions.subgraph.createContext(requestOf(identityOf(['viewer']))),
  });
  if (Symbol.asyncIterator in stream) return stream;
  throw new Error(JSON.stringify(stream));
}
