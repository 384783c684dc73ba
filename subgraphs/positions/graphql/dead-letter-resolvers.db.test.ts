import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  type DeadLetterDesk,
  deadLetterDesk,
  DISCARD,
  tradeOf,
} from '../../../test/support/dead-letter-desk.ts';
import { type PositionsOnTest, startPositions } from '../../../test/support/positions-world.ts';

const RECORD_SAME = /* GraphQL */ `
  mutation ($trades: [TradeInput!]!) {
    recordTrades(input: { trades: $trades }) {
      results {
        __typename
      }
    }
  }
`;

let database: TestDatabase;
let positions: PositionsOnTest;
let desk: DeadLetterDesk;

beforeAll(async () => {
  database = await createTestDatabase();
  positions = await startPositions(database.url);
  desk = deadLetterDesk(positions);
});
afterAll(async () => {
  await positions.stop();
  await database.drop();
});

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
    const id = await desk.refusedTrade('shown', { symbol: 'nope', fees: '1.50' });
    const answer = await desk.operations.data(
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
    const id = await desk.refusedTrade('RETRIED', { symbol: 'LATER' });
    expect(await desk.retry(id, 'too early')).toMatchObject({
      retryDeadLetter: {
        reason: 'TRADE_REFUSED',
        tradeReason: 'UNKNOWN_INSTRUMENT',
        refused: { status: 'OPEN', timesRefused: 2 },
      },
    });
    await addInstrument('LATER');
    const counted = await desk.retry(id, 'now');
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
    expect(await desk.retry(id, 'now')).toEqual(counted);
    expect(await desk.retry(id, 'too early')).toMatchObject({
      retryDeadLetter: { reason: 'TRADE_REFUSED' },
    });
    expect(await desk.retry(id, 'again')).toMatchObject({
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
    const id = await desk.refusedTrade('MOVED', { symbol: 'MOVES', currency: 'EUR' });
    await addInstrument('MOVES');
    expect(await desk.retry(id)).toMatchObject({
      retryDeadLetter: {
        tradeReason: 'CURRENCY_MISMATCH',
        refused: { status: 'OPEN', reason: 'CURRENCY_MISMATCH', successorId: null },
      },
    });
  });

  test('goes on in the dead letter that has it with the newer reason already', async () => {
    const trade = { symbol: 'TWICE', currency: 'EUR' };
    const first = await desk.refusedTrade('TWIN', trade);
    await addInstrument('TWICE');
    const second = await desk.refusedTrade('TWIN', trade);
    expect(second).not.toBe(first);
    expect(await desk.retry(first)).toMatchObject({
      retryDeadLetter: {
        reason: 'TRADE_REFUSED',
        refused: { status: 'RETRIED', successorId: second, countedAs: null },
      },
    });
  });
});

describe('PS-9 a corrected trade', () => {
  test('counts under a new id, with what was not changed as it was sent', async () => {
    const id = await desk.refusedTrade('CORRECTED', { price: '0', fees: '2', currency: 'usd' });
    const fixed = { newTradeId: 'CORRECTED-T2', price: '11', fees: null };
    const answer = await desk.correct(id, fixed);
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
    expect(await desk.correct(id, fixed)).toEqual(answer);
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
    const id = await desk.refusedTrade('STILL', { price: '0' });
    expect(
      await desk.correct(id, { newTradeId: 'STILL-T2', quantity: '-1', price: '1' }),
    ).toMatchObject({
      correctDeadLetter: {
        reason: 'TRADE_REFUSED',
        tradeReason: 'INVALID_QUANTITY',
        refused: { id, status: 'OPEN', reason: 'INVALID_PRICE', timesRefused: 1 },
      },
    });
    expect(await desk.list({ filter: { tradeId: 'STILL-T2' } })).toMatchObject({
      deadLetters: { edges: [] },
    });
    expect(await desk.correct(id, { newTradeId: 'STILL-T2', price: '1' }, 'c2')).toMatchObject({
      correctDeadLetter: { tradeId: 'STILL-T2' },
    });
  });

  test('is refused under its old id, and under a command id that said something else', async () => {
    const id = await desk.refusedTrade('RULES', { price: '0' });
    const old = await desk.correct(id, { newTradeId: 'RULES-T1', price: '1' });
    expect(old).toMatchObject({ correctDeadLetter: { reason: 'TRADE_ID_NOT_NEW' } });
    await desk.correct(id, { newTradeId: 'RULES-T2', price: '-1' });
    expect(await desk.correct(id, { newTradeId: 'RULES-T2', price: '1' })).toMatchObject({
      correctDeadLetter: { reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT' },
    });
    expect(await eventsOf('RULES')).toEqual([]);
  });

  test('is refused under the id of another trade that says the same, and is not lost', async () => {
    const other = tradeOf('SAME', { tradeId: 'SAME-OTHER' });
    const recorded = await desk.operations.data(RECORD_SAME, { trades: [other] });
    expect(recorded).toEqual({ recordTrades: { results: [{ __typename: 'TradeRecorded' }] } });
    const id = await desk.refusedTrade('SAME', { price: '0' });
    const taken = await desk.correct(id, { newTradeId: 'SAME-OTHER', price: '10' });
    expect(taken).toMatchObject({
      correctDeadLetter: {
        reason: 'TRADE_ID_NOT_NEW',
        tradeReason: null,
        message: expect.stringContaining('SAME-OTHER'),
        refused: { id, status: 'OPEN', reason: 'INVALID_PRICE', countedAs: null },
      },
    });
    expect(await desk.correct(id, { newTradeId: 'SAME-OTHER', price: '10' })).toEqual(taken);
    expect(await desk.correct(id, { newTradeId: 'SAME-T2', price: '10' }, 'c2')).toMatchObject({
      correctDeadLetter: { tradeId: 'SAME-T2', eventVersion: 2 },
    });
  });

  test('counts once when two people correct the same one at once', async () => {
    const id = await desk.refusedTrade('RACE', { price: '0' });
    const people = Array.from({ length: 8 }, (_, n) => n);
    const answers = await Promise.all(
      people.map((n) => desk.correct(id, { newTradeId: `RACE-T2-${n}`, price: '1' }, `c${n}`)),
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
    expect(await desk.retry(id)).toMatchObject({ retryDeadLetter: { reason: 'NO_TRADE' } });
    expect(
      await desk.correct(id, { newTradeId: 'READ-T1', price: '1', symbol: 'AAPL' }),
    ).toMatchObject({
      correctDeadLetter: {
        reason: 'INCOMPLETE_TRADE',
        message: expect.stringContaining('bookId, accountId, side, quantity, effectiveDate'),
      },
    });
    const { tradeId, ...whole } = tradeOf('READ');
    expect(await desk.correct(id, { ...whole, newTradeId: tradeId })).toMatchObject({
      correctDeadLetter: { tradeId: 'READ-T1', deadLetter: { status: 'CORRECTED' } },
    });
  });
});

describe('PS-9 a discarded dead letter', () => {
  test('is closed with a reason, and stays so when the trade comes again', async () => {
    const id = await desk.refusedTrade('GONE', { price: '0' });
    const answer = await desk.discard(id);
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
    expect(await desk.discard(id)).toEqual(answer);
    expect(await desk.discard(id, 'c2')).toMatchObject({
      discardDeadLetter: { reason: 'ALREADY_RESOLVED' },
    });
    expect(await desk.refusedTrade('GONE', { price: '0' })).toBe(id);
    expect(await desk.list({ filter: { tradeId: 'GONE-T1', status: 'OPEN' } })).toMatchObject({
      deadLetters: { edges: [] },
    });
  });

  test('must have a reason', async () => {
    const { errors } = await desk.operations.result(DISCARD, {
      input: { id: 'x', commandId: 'c', reason: ' ' },
    });
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
