import { type ExecutionResult, parse, subscribe } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  clientOf,
  identityOf,
  requestOf,
  type SubgraphClient,
} from '../../../test/support/subgraph-client.ts';
import { type PositionsOnTest, startPositions } from '../../../test/support/positions-world.ts';

let database: TestDatabase;
let positions: PositionsOnTest;
let trader: SubgraphClient;

beforeAll(async () => {
  database = await createTestDatabase();
  positions = await startPositions(database.url);
  trader = clientOf(positions.subgraph, 'trader');
});
afterAll(async () => {
  await positions.stop();
  await database.drop();
});

const RECORD = /* GraphQL */ `
  mutation ($trades: [TradeInput!]!) {
    recordTrades(input: { trades: $trades }) {
      results {
        __typename
      }
    }
  }
`;

const input = (accountId: string, tradeId: string, changes: object = {}) => ({
  tradeId: `${accountId}-${tradeId}`,
  bookId: 'book-1',
  accountId,
  symbol: 'AAPL',
  side: 'BUY',
  quantity: '100',
  price: '10',
  effectiveDate: '2026-11-20',
  ...changes,
});

const record = (...trades: object[]) => trader.data(RECORD, { trades });

async function open(query: string, variables = {}): Promise<AsyncIterator<ExecutionResult>> {
  const stream = await subscribe({
    schema: positions.subgraph.schema,
    document: parse(query),
    variableValues: variables,
    contextValue: positions.subgraph.createContext(requestOf(identityOf(['viewer']))),
  });
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
  return stream;
}

describe('positionChanged', () => {
  interface Changed {
    readonly positionChanged: {
      readonly sequence: string;
      readonly position: { readonly version: number; readonly quantity: string };
      readonly event: { readonly tradeId: string; readonly version: number };
    };
  }

  const changed = (variables: object, fields = '') =>
    open(
      /* GraphQL */ `
        subscription ($filter: PositionFilter, $after: String) {
          positionChanged(filter: $filter, after: $after) {
            sequence
            position { version quantity ${fields} }
            event { tradeId version }
          }
        }
      `,
      variables,
    );

  const take = async (stream: AsyncIterator<ExecutionResult>, count: number) => {
    const taken: Changed['positionChanged'][] = [];
    while (taken.length < count) {
      const { value, done } = await stream.next();
      if (done === true) throw new Error('the stream ended');
      const { data, errors } = value as { data: unknown; errors?: unknown };
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      taken.push((data as Changed).positionChanged);
    }
    return taken;
  };

  test('tells every change with the position as it was right after it', async () => {
    const filter = { accountId: 's1', symbol: 'aapl', status: 'RECONCILED' };
    const stream = await changed({ filter }, 'lots { quantity }');
    await record(input('S0', 'T1'), input('S1', 'T1'), input('S1', 'T2', { quantity: '5' }));
    expect(await take(stream, 2)).toMatchObject([
      {
        position: { version: 1, quantity: '100', lots: [{ quantity: '100' }] },
        event: { tradeId: 'S1-T1' },
      },
      { position: { version: 2, quantity: '105', lots: [{ quantity: '100' }, { quantity: '5' }] } },
    ]);
    await stream.return?.();
  });

  test('resumes under load without a gap and without a change twice', async () => {
    const filter = { accountId: 'S2' };
    const total = 300;
    const stream = await changed({ filter });
    const beginning = take(stream, 40);
    const requests: Promise<unknown>[] = [];
    for (let n = 0; n < total; n += 10) {
      const trades = Array.from({ length: 10 }, (_, i) => input('S2', `T${n + i}`));
      requests.push(record(...trades), record(input(`N${n}`, 'T1')));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const seen = await beginning;
    await stream.return?.();
    let after = seen.at(-1)?.sequence ?? '';
    for (const size of [100, 1, 159]) {
      const resumed = await changed({ filter, after });
      seen.push(...(await take(resumed, size)));
      after = seen.at(-1)?.sequence ?? '';
      await resumed.return?.();
    }
    await Promise.all(requests);
    expect(seen.map(({ event }) => event.version)).toEqual(
      Array.from({ length: total }, (_, index) => index + 1),
    );
  });

  test('ends when the reader leaves while nothing happens', async () => {
    const stream = await changed({ filter: { accountId: 'NOBODY' } });
    const pending = stream.next();
    await stream.return?.();
    expect(await pending).toEqual({ value: undefined, done: true });
  });

  test('refuses a place that is none', async () => {
    await expect(changed({ after: 'yesterday' })).rejects.toThrow('a sequence is decimal digits');
  });
});

describe('positionCorrected', () => {
  test('tells when its event was recorded, as positionChanged does', async () => {
    const corrections = await open(
      'subscription { positionCorrected(filter: { accountId: "C2" }) { version correctedAt } }',
    );
    const changes = await open(
      `subscription { positionChanged(filter: { accountId: "C2" }) {
        position { version knownAt } event { recordedAt }
      } }`,
    );
    await record(input('C2', 'T1'), input('C2', 'T2', { effectiveDate: '2026-11-18' }));
    const corrected = await corrections.next();
    const { version, correctedAt } = corrected.value.data.positionCorrected;
    const recordedAt = new Map<number, string>();
    while (!recordedAt.has(version)) {
      const { position, event } = (await changes.next()).value.data.positionChanged;
      expect(position.knownAt).toBe(event.recordedAt);
      recordedAt.set(position.version, event.recordedAt);
    }
    expect(correctedAt).toBe(recordedAt.get(version));
    await Promise.all([corrections.return?.(), changes.return?.()]);
    const rows = await positions.sql`
      select o.topic, o.recorded_at = e.recorded_at as "isSame"
      from platform.outbox o join positions.event_store e on e.position_key = o.key
        and e.event_ver = (o.payload ->> 'eventVersion')::int
      where o.key like 'BOOK-1|C2|%'`;
    expect(new Set(rows.map(({ topic }) => topic)).size).toBeGreaterThan(1);
    expect(rows.every(({ isSame }) => isSame === true)).toBe(true);
  });

  test('is open, silent whatever changes, and ends when the reader leaves', async () => {
    const stream = await open('subscription { positionCorrected { sequence } }');
    const changes = await open('subscription { positionChanged { sequence } }');
    const pending = stream.next();
    await record(input('C1', 'T1'));
    await changes.next();
    await Promise.all([stream.return?.(), changes.return?.()]);
    expect(await pending).toEqual({ value: undefined, done: true });
  });
});
