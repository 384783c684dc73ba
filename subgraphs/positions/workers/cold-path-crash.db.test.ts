import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/contract/ports/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { allReconciled } from '../../../test/support/positions-audit.ts';
import {
  createPositionsProcesses,
  type PositionsProcess,
  type PositionsProcesses,
} from '../../../test/support/positions-process.ts';
import { recordOver } from '../../../test/support/positions-requests.ts';
import type { FireTrade } from '../../../test/support/positions-under-fire.ts';
import { addInstruments } from '../../../test/support/positions-world.ts';

/** Held by the test: no correction is written meanwhile. */
const GATE = 4_711;
const LIMIT_MS = 120_000;

let database: TestDatabase;
let owner: Sql;
/** One session, which holds the gate. */
let keeper: Sql;
let processes: PositionsProcesses;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = postgres(database.ownerUrl, { max: 3, onnotice: () => undefined });
  keeper = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined });
  await addInstruments(owner);
  await owner.unsafe(`
    create function positions.wait_at_the_gate() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock_shared(${GATE}); return new; end $$;
    create trigger gate before insert on positions.event_store for each row
      when (new.event_type = 'HISTORICAL_POSITION_CORRECTED')
      execute function positions.wait_at_the_gate()`);
  processes = createPositionsProcesses({ databaseUrl: database.ownerUrl });
}, LIMIT_MS);
afterAll(async () => {
  await processes.close();
  await Promise.all([owner.end({ timeout: 1 }), keeper.end({ timeout: 1 })]);
  await database.drop();
});

describe('PS-7 the cold path killed in the middle of writing a correction', () => {
  test.each([
    ['is corrected by the next process when the statement was lost', 'LOST'],
    ['is not corrected twice when the statement came through after all', 'THROUGH'],
  ] as const)(
    'the position %s',
    async (_what, fate) => {
      await keeper`select pg_advisory_lock(${GATE})`;
      const first = await processes.start();
      await recordOver(() => first)(storyOf(fate));
      await eventually(async () => (await atTheGate()).length === 1);
      expect(await statusOf(first, fate)).toMatchObject({ reconciliationStatus: 'PROVISIONAL' });

      await first.kill();
      const [orphan] = await atTheGate();
      if (fate === 'LOST') await owner`select pg_terminate_backend(${orphan?.pid ?? 0})`;
      await keeper`select pg_advisory_unlock(${GATE})`;
      await eventually(async () => (await atTheGate()).length === 0);
      if (fate === 'THROUGH') await allReconciled(owner);

      const second = await processes.start();
      await allReconciled(owner);
      const corrected = {
        quantity: '130',
        costBasis: { amount: '1530' },
        realizedPnl: { amount: '700' },
        reconciliationStatus: 'RECONCILED',
      };
      expect(await statusOf(second, fate)).toEqual(corrected);
      // One more late trade goes after all that the killed process has left behind in the topic.
      const [answer] = await recordOver(() => second)([late(fate, 'Z')]);
      await eventually(async () => (await correctionsOf(fate)).length === 2);
      expect(await correctionsOf(fate)).toEqual([
        { settles: [4], published: 1 },
        { settles: [answer?.version], published: 1 },
      ]);
      await second.kill();
    },
    LIMIT_MS,
  );
});

/** [G-1]: E1 to E3, and X from before them. */
function storyOf(accountId: string): readonly FireTrade[] {
  return [
    trade(accountId, 'E1', ['BUY', '100', '10', '2026-03-02']),
    trade(accountId, 'E2', ['BUY', '100', '12', '2026-03-09']),
    trade(accountId, 'E3', ['SELL', '150', '15', '2026-03-16']),
    late(accountId, 'X'),
  ];
}

const late = (accountId: string, id: string) =>
  trade(accountId, id, ['BUY', '80', '11', '2026-03-05']);

function trade(
  accountId: string,
  id: string,
  [side, quantity, price, effectiveDate]: readonly ['BUY' | 'SELL', string, string, string],
): FireTrade {
  const tradeId = `${accountId}-${id}`;
  return { tradeId, bookId: 'B', accountId, symbol: 'AAPL', side, quantity, price, effectiveDate };
}

/** Backends that wait to write a correction. */
const atTheGate = () => owner<{ pid: number }[]>`
  select l.pid from pg_locks l join pg_database d on d.oid = l.database
  where d.datname = current_database() and l.locktype = 'advisory' and l.objid = ${GATE}
    and not l.granted`;

async function statusOf(process: PositionsProcess, accountId: string): Promise<unknown> {
  const { position } = await process.ask<{ position: unknown }>(`{ position(key: {
    bookId: "B", accountId: "${accountId}", symbol: "AAPL"
  }) { quantity costBasis { amount } realizedPnl { amount } reconciliationStatus } }`);
  return position;
}

/** With how often each was published. */
const correctionsOf = (accountId: string) => owner`
  select payload -> 'settles' as settles, (
    select count(*)::int from platform.outbox o
    where o.topic = 'position-corrected' and o.key = e.position_key
      and (o.payload ->> 'eventVersion')::int = e.event_ver) as published
  from positions.event_store e
  where event_type = 'HISTORICAL_POSITION_CORRECTED'
    and position_key like ${`B|${accountId}|%`}
  order by event_ver`;
