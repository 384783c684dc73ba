import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from '../test/support/database.ts';
import { openPool } from './postgres.ts';

const POOL_SIZE = 20;

/** Stands before the server, and can be away. */
async function openDoor(serverUrl: string) {
  const { hostname, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let isAway = false;
  const door = createServer((client) => {
    if (isAway) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(door.address() as AddressInfo).port}`;
  return {
    url: url.href,
    setAway(away: boolean) {
      isAway = away;
      if (away) for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () => door.close(),
  };
}

test('a large pool answers soon after the database is back', async () => {
  const database = await createTestDatabase();
  const door = await openDoor(database.url);
  const sql = openPool({ url: door.url, maxConnections: POOL_SIZE, applicationName: 'door-test' });
  onTestFinished(async () => {
    await sql.end({ timeout: 1 });
    door.close();
    await database.drop();
  });
  const askAll = () =>
    Promise.allSettled(Array.from({ length: POOL_SIZE }, () => sql`select pg_sleep(0.01)`));
  expect(new Set((await askAll()).map(({ status }) => status))).toEqual(new Set(['fulfilled']));

  door.setAway(true);
  const awayUntil = performance.now() + 500;
  while (performance.now() < awayUntil) {
    const answers = await Promise.race([askAll(), delay(50, [])]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toEqual([]);
  }

  door.setAway(false);
  const backAt = performance.now();
  await expect.poll(() => sql`select 1`.then(() => true), { timeout: 15_000 }).toBe(true);
  expect(performance.now() - backAt).toBeLessThan(1_500);
});

test('a transaction whose connection is lost fails, and takes nothing else with it', async () => {
  const database = await createTestDatabase();
  const door = await openDoor(database.url);
  const sql = openPool({ url: door.url, maxConnections: POOL_SIZE, applicationName: 'door-test' });
  onTestFinished(async () => {
    await sql.end({ timeout: 1 });
    door.close();
    await database.drop();
  });
  const transactions = Array.from({ length: POOL_SIZE }, (_, n) =>
    sql.begin(async (tx) => {
      await tx`select 1`;
      // Some are asking when it happens, some come back to the driver only afterwards.
      if (n % 2 === 0) await tx`select pg_sleep(5)`;
      else await delay(300);
      return tx`select 2`;
    }),
  );
  const ends = Promise.allSettled(transactions);
  await delay(150);
  door.setAway(true);
  expect(new Set((await ends).map(({ status }) => status))).toEqual(new Set(['rejected']));
  // The driver's late writes would end this process.
  await delay(300);

  door.setAway(false);
  const answer = () => sql.begin((tx) => tx`select 1 as one`);
  await expect.poll(() => answer().catch(() => 'not yet')).toEqual([{ one: 1 }]);
  await expect(sql.begin((tx) => tx`select 1 / 0`)).rejects.toMatchObject({ code: '22012' });
});

test('a session whose connection is lost takes nothing else with it', async () => {
  const database = await createTestDatabase();
  const sql = openPool({ url: database.url, maxConnections: 2, applicationName: 'session-test' });
  onTestFinished(async () => {
    await sql.end({ timeout: 1 });
    await database.drop();
  });
  const session = await sql.reserve();
  await session`select pg_advisory_lock(1)`;
  const [own] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined });
  await owner`select pg_terminate_backend(${own?.pid ?? 0})`;
  await owner.end();
  await delay(100);

  const [answer] = await session<{ locked: boolean }[]>`select pg_advisory_unlock(1) as locked`;
  expect(answer).toEqual({ locked: false });
  session.release();
  const [free] = await sql<{ got: boolean }[]>`select pg_try_advisory_lock(1) as got`;
  expect(free).toEqual({ got: true });
});
