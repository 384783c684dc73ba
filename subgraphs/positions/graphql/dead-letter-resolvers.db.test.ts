import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';
import { type PositionsOnTest, startPositions } from '../../../test/support/positions-world.ts';

let database: TestDatabase;
let positions: PositionsOnTest;
let trader: SubgraphClient;
let operations: SubgraphClient;

beforeAll(async () => {
  database = await createTestDatabase();
  positions = await startPositions(database.url);
  trader = clientOf(positions.subgraph, 'trader');
  operations = clientOf(positions.subgraph, 'operations');
});
afterAll(async () => {
  await positions.stop();
  await database.drop();
});

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
const RETRY = /* GraphQL */ `
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
const DISCARD = /* GraphQL */ `
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
const LIST = /* GraphQL */ `
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

const input = (account: string, changes: object = {}) => ({
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

async function refusedTrade(account: string, changes: object): Promise<string> {
  const answer = await trader.data(RECORD, { trades: [input(account, changes)] });
  expect(answer).toMatchObject({
    recordTrades: { results: [{ deadLetterId: expect.any(String) }] },
  });
  const { results } = (answer as { recordTrades: { results: { deadLetterId: string }[] } })
    .recordTrades;
  return results[0]?.deadLetterId ?? '';
}

const retry = (id: string, commandId = 'c1') =>
  operations.data(RETRY, { input: { id, commandId } });
const correct = (id: string, changes: object, commandId = 'c1') =>
  operations.data(CORRECT, { input: { id, commandId, reason: 'as the desk says', ...changes } });
const discard = (id: string, commandId = 'c1') =>
  operations.data(DISCARD, { input: { id, commandId, reason: ' a test trade ' } });

const list = (variables: object) => operations.data(LIST, { ...variables });

async function addInstrument(symbol: string): Promise<void> {
  await positions.sql`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    values (${`ins_${symbol}`}, ${symbol}, ${symbol}, 'EQUITY', 'USD')`;
}

const eventsOf = (account: string) => positions.sql`
  select event_ver, trade_id, user_id, source, correlation_id, causation_id
  from positions.event_store where split_part(position_key, '|', 2) = ${account}
  order by event_ver`;

describe('PS-9 a refused trade', () => {
  test('is shown whole: reason, trade as it was sent, who sent it, and when', async () => {
    const id = await refusedTrade('shown', { symbol: 'nope', fees: '1.50' });
    const answer = await operations.data(
      /* GraphQL */ `
        query ($id: ID!) {
          deadLetter(id: $id) {
            status
            reason
            message
            timesRefused
            user
            source
            correlationId
            nextRetryAt
            trade {
              tradeId
              symbol
              side
              quantity
              fees
              currency
              effectiveDate
            }
            payload
            attempts {
              action
            }
          }
          none: deadLetter(id: "none") {
            id
          }
        }
      `,
      { id },
    );
    expect(answer).toEqual({
      deadLetter: {
        status: 'OPEN',
        reason: 'UNKNOWN_INSTRUMENT',
        message: expect.stringContaining('"nope"'),
        timesRefused: 1,
        user: 'trader',
        source: 'graphql',
        correlationId: 'test-correlation',
        nextRetryAt: null,
        trade: {
          tradeId: 'shown-T1',
          symbol: 'nope',
          side: 'BUY',
          quantity: '100',
          fees: '1.5',
          currency: null,
          effectiveDate: '2026-11-20',
        },
        payload: expect.stringContaining('"accountId":"shown"'),
        attempts: [],
      },
      none: null,
    });
  });

  test('is retried in vain while its cause is there, and counted once it is gone', async () => {
    const id = await refusedTrade('RETRIED', { symbol: 'LATER' });
    expect(await retry(id, 'too early')).toMatchObject({
      retryDeadLetter: {
        reason: 'TRADE_REFUSED',
        tradeReason: 'UNKNOWN_INSTRUMENT',
        refused: { status: 'OPEN', timesRefused: 2 },
      },
    });
    await addInstrument('LATER');
    const counted = await retry(id, 'now');
    expect(counted).toEqual({
      retryDeadLetter: {
        tradeId: 'RETRIED-T1',
        eventVersion: 1,
        position: { id: 'BOOK-1|RETRIED|INS_LATER|USD|-|NET', quantity: '100' },
        deadLetter: {
          id,
          status: 'RETRIED',
          reason: 'UNKNOWN_INSTRUMENT',
          timesRefused: 2,
          resolvedBy: 'operations',
          resolution: null,
          countedAs: 'RETRIED-T1',
          successorId: null,
          attempts: [
            {
              action: 'RETRY',
              user: 'operations',
              outcome: 'COUNTED',
              refusal: null,
              comment: null,
            },
            {
              action: 'RETRY',
              user: 'operations',
              outcome: 'REFUSED',
              refusal: 'UNKNOWN_INSTRUMENT',
              comment: null,
            },
          ],
        },
      },
    });
    expect(await retry(id, 'now')).toEqual(counted);
    expect(await retry(id, 'too early')).toMatchObject({
      retryDeadLetter: { reason: 'TRADE_REFUSED' },
    });
    expect(await retry(id, 'again')).toMatchObject({
      retryDeadLetter: { reason: 'ALREADY_RESOLVED' },
    });
    expect(await eventsOf('RETRIED')).toEqual([
      {
        event_ver: 1,
        trade_id: 'RETRIED-T1',
        user_id: 'operations',
        source: 'dead-letters',
        correlation_id: 'test-correlation',
        causation_id: `dead-letter:${id}`,
      },
    ]);
  });

  test('refused for another reason by a retry shows that reason from then on', async () => {
    const id = await refusedTrade('MOVED', { symbol: 'MOVES', currency: 'EUR' });
    await addInstrument('MOVES');
    expect(await retry(id)).toMatchObject({
      retryDeadLetter: {
        tradeReason: 'CURRENCY_MISMATCH',
        refused: { status: 'OPEN', reason: 'CURRENCY_MISMATCH', successorId: null },
      },
    });
  });

  test('goes on in the dead letter that has it with the newer reason already', async () => {
    const trade = { symbol: 'TWICE', currency: 'EUR' };
    const first = await refusedTrade('TWIN', trade);
    await addInstrument('TWICE');
    const second = await refusedTrade('TWIN', trade);
    expect(second).not.toBe(first);
    expect(await retry(first)).toMatchObject({
      retryDeadLetter: {
        reason: 'TRADE_REFUSED',
        refused: { status: 'RETRIED', successorId: second, countedAs: null },
      },
    });
  });
});

describe('PS-9 a corrected trade', () => {
  test('counts under a new id, with what was not changed as it was sent', async () => {
    const id = await refusedTrade('CORRECTED', { price: '0', fees: '2', currency: 'usd' });
    const fixed = { newTradeId: 'CORRECTED-T2', price: '11', fees: null };
    const answer = await correct(id, fixed);
    expect(answer).toMatchObject({
      correctDeadLetter: {
        tradeId: 'CORRECTED-T2',
        eventVersion: 1,
        deadLetter: {
          status: 'CORRECTED',
          reason: 'INVALID_PRICE',
          countedAs: 'CORRECTED-T2',
          resolvedBy: 'operations',
          resolution: 'as the desk says',
        },
      },
    });
    expect(await correct(id, fixed)).toEqual(answer);
    const [event] = await positions.sql`
      select quantity, price, fees, causation_id from positions.event_store
      where trade_id = 'CORRECTED-T2'`;
    expect(event).toEqual({
      quantity: 10_000_000_000n,
      price: 1_100_000_000n,
      fees: '0.00000000',
      causation_id: `dead-letter:${id}`,
    });
  });

  test('that is refused once more leaves its dead letter open, and makes no other', async () => {
    const id = await refusedTrade('STILL', { price: '0' });
    expect(await correct(id, { newTradeId: 'STILL-T2', quantity: '-1', price: '1' })).toMatchObject(
      {
        correctDeadLetter: {
          reason: 'TRADE_REFUSED',
          tradeReason: 'INVALID_QUANTITY',
          refused: { id, status: 'OPEN', reason: 'INVALID_PRICE', timesRefused: 1 },
        },
      },
    );
    expect(await list({ filter: { tradeId: 'STILL-T2' } })).toMatchObject({
      deadLetters: { edges: [] },
    });
    expect(await correct(id, { newTradeId: 'STILL-T2', price: '1' }, 'c2')).toMatchObject({
      correctDeadLetter: { tradeId: 'STILL-T2' },
    });
  });

  test('is refused under its old id, and under a command id that said something else', async () => {
    const id = await refusedTrade('RULES', { price: '0' });
    const old = await correct(id, { newTradeId: 'RULES-T1', price: '1' });
    expect(old).toMatchObject({ correctDeadLetter: { reason: 'TRADE_ID_NOT_NEW' } });
    await correct(id, { newTradeId: 'RULES-T2', price: '-1' });
    expect(await correct(id, { newTradeId: 'RULES-T2', price: '1' })).toMatchObject({
      correctDeadLetter: { reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT' },
    });
    expect(await eventsOf('RULES')).toEqual([]);
  });

  test('counts once when two people correct the same one at once', async () => {
    const id = await refusedTrade('RACE', { price: '0' });
    const people = Array.from({ length: 8 }, (_, n) => n);
    const answers = await Promise.all(
      people.map((n) => correct(id, { newTradeId: `RACE-T2-${n}`, price: '1' }, `c${n}`)),
    );
    const reasons = answers.map(
      (each) => (each as { correctDeadLetter: { reason?: string } }).correctDeadLetter.reason,
    );
    expect(reasons.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(await eventsOf('RACE')).toHaveLength(1);
  });
});

describe('PS-9 what cannot be read as a trade', () => {
  test('is not retried, and corrected only by a whole trade', async () => {
    const [row] = await positions.sql<{ id: string }[]>`
      insert into positions.dead_letter
        (request_hash, trade_id, reason, message, payload, source, user_id, correlation_id)
      values ('h', '', 'UNREADABLE_PAYLOAD', 'no trade', '{"text": "{}"}', 'trade-events', 'x', 'c')
      returning id`;
    const id = row?.id ?? '';
    expect(await retry(id)).toMatchObject({ retryDeadLetter: { reason: 'NO_TRADE' } });
    expect(await correct(id, { newTradeId: 'READ-T1', price: '1', symbol: 'AAPL' })).toMatchObject({
      correctDeadLetter: {
        reason: 'INCOMPLETE_TRADE',
        message: expect.stringContaining('bookId, accountId, side, quantity, effectiveDate'),
      },
    });
    const { tradeId, ...whole } = input('READ');
    expect(await correct(id, { ...whole, newTradeId: tradeId })).toMatchObject({
      correctDeadLetter: { tradeId: 'READ-T1', deadLetter: { status: 'CORRECTED' } },
    });
  });
});

describe('PS-9 a discarded dead letter', () => {
  test('is closed with a reason, and stays so when the trade comes again', async () => {
    const id = await refusedTrade('GONE', { price: '0' });
    const answer = await discard(id);
    expect(answer).toMatchObject({
      discardDeadLetter: {
        deadLetter: {
          status: 'DISCARDED',
          resolvedBy: 'operations',
          resolution: 'a test trade',
          attempts: [{ action: 'DISCARD', outcome: 'DISCARDED', comment: 'a test trade' }],
        },
      },
    });
    expect(await discard(id)).toEqual(answer);
    expect(await discard(id, 'c2')).toMatchObject({
      discardDeadLetter: { reason: 'ALREADY_RESOLVED' },
    });
    expect(await refusedTrade('GONE', { price: '0' })).toBe(id);
    expect(await list({ filter: { tradeId: 'GONE-T1', status: 'OPEN' } })).toMatchObject({
      deadLetters: { edges: [] },
    });
  });

  test('must have a reason', async () => {
    const { errors } = await operations.result(DISCARD, {
      input: { id: 'x', commandId: 'c', reason: ' ' },
    });
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('the list of dead letters', () => {
  test('goes from the newest to the oldest, page by page, under its conditions', async () => {
    const ids: string[] = [];
    for (const n of [1, 2, 3]) {
      ids.unshift(await refusedTrade(`PAGE${n}`, { fees: '-1', symbol: 'MSFT' }));
    }
    const filter = { reason: 'NEGATIVE_FEES', from: '2000-01-01T00:00:00Z' };
    const page = async (after: string | null) =>
      (await list({ filter, first: 2, after })) as {
        deadLetters: { edges: { node: { id: string } }[]; pageInfo: { endCursor: string } };
      };
    const first = await page(null);
    const second = await page(first.deadLetters.pageInfo.endCursor);
    const seen = [...first.deadLetters.edges, ...second.deadLetters.edges];
    expect(seen.map(({ node }) => node.id)).toEqual(ids);
    expect(await list({ filter: { ...filter, to: '2000-01-02T00:00:00Z' } })).toMatchObject({
      deadLetters: { edges: [] },
    });
  });

  test.each([
    ['x'],
    [Buffer.from('["deadLetters","2026-99-99T00:00:00.000000Z","x"]').toString('base64url')],
  ])('refuses a cursor that it did not make, %#', async (after) => {
    const { errors } = await operations.result(LIST, { after });
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test.each([
    ['trader', 'list', 'FORBIDDEN'],
    ['compliance', 'retry', 'FORBIDDEN'],
    ['compliance', 'list', undefined],
    ['operations', 'retry', undefined],
  ] as const)('a %s who wants to %s them: %s', async (role, wish, code) => {
    const client = clientOf(positions.subgraph, role);
    const { errors } = await (wish === 'list'
      ? client.result(LIST, {})
      : client.result(RETRY, { input: { id: 'x', commandId: 'c' } }));
    const found = errors?.[0]?.originalError as { code?: string } | undefined;
    expect(found?.code).toBe(code);
  });
});
