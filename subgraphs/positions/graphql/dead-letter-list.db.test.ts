import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  type DeadLetterDesk,
  deadLetterDesk,
  LIST,
  RETRY,
} from '../../../test/support/dead-letter-desk.ts';
import { type PositionsOnTest, startPositions } from '../../../test/support/positions-world.ts';
import { clientOf } from '../../../test/support/subgraph-client.ts';

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

describe('the list of dead letters', () => {
  test('goes from the newest to the oldest, page by page, under its conditions', async () => {
    const ids: string[] = [];
    for (const n of [1, 2, 3]) {
      ids.unshift(await desk.refusedTrade(`PAGE${n}`, { fees: '-1', symbol: 'MSFT' }));
    }
    const filter = { reason: 'NEGATIVE_FEES', from: '2000-01-01T00:00:00Z' };
    const page = async (after: string | null) =>
      (await desk.list({ filter, first: 2, after })) as {
        deadLetters: { edges: { node: { id: string } }[]; pageInfo: { endCursor: string } };
      };
    const first = await page(null);
    const second = await page(first.deadLetters.pageInfo.endCursor);
    const seen = [...first.deadLetters.edges, ...second.deadLetters.edges];
    expect(seen.map(({ node }) => node.id)).toEqual(ids);
    expect(await desk.list({ filter: { ...filter, to: '2000-01-02T00:00:00Z' } })).toMatchObject({
      deadLetters: { edges: [] },
    });
  });

  test.each([
    ['x'],
    [Buffer.from('["deadLetters","2026-99-99T00:00:00.000000Z","x"]').toString('base64url')],
  ])('refuses a cursor that it did not make, %#', async (after) => {
    const { errors } = await desk.operations.result(LIST, { after });
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
