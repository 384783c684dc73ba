/** Refused trades, and what operations ask for to deal with them. */

import { expect } from 'vitest';
import type { PositionsOnTest } from './positions-world.ts';
import { clientOf } from './subgraph-client.ts';

const RECORD = /* GraphQL */ `
  mutation ($trades: [TradeInput!]!) {
    recordTrades(input: { trades: $trades }) {
      results {
        ... on TradeRefused {
          deadLetterId
        }
      }
    }
  }
`;
const LETTER = /* GraphQL */ `
  fragment Letter on DeadLetter {
    id
    status
    reason
    timesRefused
    resolvedBy
    resolution
    countedAs
    successorId
    attempts {
      action
      user
      outcome
      refusal
      comment
    }
  }
`;
export const RETRY = /* GraphQL */ `
  mutation ($input: RetryDeadLetterInput!) {
    retryDeadLetter(input: $input) {
      ... on DeadLetterRetried {
        tradeId
        eventVersion
        position {
          id
          quantity
        }
        deadLetter {
          ...Letter
        }
      }
      ... on DeadLetterCommandRefused {
        reason
        tradeReason
        message
        refused: deadLetter {
          ...Letter
        }
      }
    }
  }
  ${LETTER}
`;
const CORRECT = RETRY.replace('RetryDeadLetterInput', 'CorrectDeadLetterInput')
  .replace('retryDeadLetter(', 'correctDeadLetter(')
  .replace('DeadLetterRetried', 'DeadLetterCorrected');
export const DISCARD = /* GraphQL */ `
  mutation ($input: DiscardDeadLetterInput!) {
    discardDeadLetter(input: $input) {
      ... on DeadLetterDiscarded {
        deadLetter {
          ...Letter
        }
      }
      ... on DeadLetterCommandRefused {
        reason
        refused: deadLetter {
          status
        }
      }
    }
  }
  ${LETTER}
`;
export const LIST = /* GraphQL */ `
  query ($filter: DeadLetterFilter, $first: Int, $after: String) {
    deadLetters(filter: $filter, first: $first, after: $after) {
      edges {
        node {
          id
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

/** A purchase of 100 AAPL at 10 in BOOK-1, today, changed as given. */
export const tradeOf = (account: string, changes: object = {}) => ({
  tradeId: `${account}-T1`,
  bookId: 'book-1',
  accountId: account,
  symbol: 'AAPL',
  side: 'BUY',
  quantity: '100',
  price: '10',
  effectiveDate: '2026-11-20',
  ...changes,
});

export type DeadLetterDesk = ReturnType<typeof deadLetterDesk>;

export function deadLetterDesk({ subgraph }: PositionsOnTest) {
  const trader = clientOf(subgraph, 'trader');
  const operations = clientOf(subgraph, 'operations');
  return {
    operations,

    /** Answers the id of its dead letter. */
    async refusedTrade(account: string, changes: object): Promise<string> {
      const answer = await trader.data(RECORD, { trades: [tradeOf(account, changes)] });
      const refused = { deadLetterId: expect.any(String) };
      expect(answer).toMatchObject({ recordTrades: { results: [refused] } });
      const { results } = (answer as { recordTrades: { results: { deadLetterId: string }[] } })
        .recordTrades;
      return results[0]?.deadLetterId ?? '';
    },

    retry: (id: string, commandId = 'c1') => operations.data(RETRY, { input: { id, commandId } }),
    correct: (id: string, changes: object, commandId = 'c1') =>
      operations.data(CORRECT, {
        input: { id, commandId, reason: 'as the desk says', ...changes },
      }),
    discard: (id: string, commandId = 'c1') =>
      operations.data(DISCARD, { input: { id, commandId, reason: ' a test trade ' } }),
    list: (variables: object) => operations.data(LIST, { ...variables }),
  };
}
