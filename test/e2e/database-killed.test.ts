/** Postgres killed under the whole platform: the platform goes on, and counts everything once. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#platform/clock';
import { readConfig } from '#platform/config';
import { createTokenIssuer } from '#platform/identity/tokens';
import { type GraphqlClient, graphqlClient } from '../support/graphql-client.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform-process.ts';

const CLIENTS = 12;
const KILLS = 2;
const DEPOSITS_BETWEEN_KILLS = 60;
const MAX_ATTEMPTS = 1_000;
const LIMIT_MS = 120_000;

/** What a client may be told while the database is away; all else is a defect. */
const WORTH_SENDING_AGAIN = ['UPSTREAM_UNAVAILABLE', 'TIMEOUT', 'VERSION_CONFLICT'];

const DEPOSIT = `mutation ($commandId: String!) { depositCash(input: {
  accountId: "KILLED", amount: "1", currency: "USD", commandId: $commandId
}) { __typename } }`;
const BALANCE = '{ account(accountId: "KILLED") { balances { balance { amount } } } }';

interface Deposited {
  readonly depositCash: { readonly __typename: string };
}
interface Balances {
  readonly account: { readonly balances: readonly { balance: { amount: string } }[] } | null;
}

describe('PS-16 kill -9 of Postgres under the whole platform, with live prices', () => {
  let folder = '';
  let platform: PlatformProcess;
  let operations: GraphqlClient;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-killed-'));
    // The simulator writes ticks in transactions all the time.
    const variables = { FEED: 'simulator', LOG_LEVEL: 'error' };
    platform = await startPlatformProcess({ dataDir: folder, variables });
    const config = readConfig({ DATA_DIR: folder });
    const issue = await createTokenIssuer({ ...config, ...config.identity, clock: systemClock });
    const token = await issue({ role: 'operations', user: 'operations', ttlSeconds: 600 });
    operations = graphqlClient(`http://127.0.0.1:${platform.port}/graphql`, token);
  }, LIMIT_MS);
  afterAll(async () => {
    await platform.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test(
    'it stays up, and each deposit counts once',
    async () => {
      const deposited = new Set<string>();
      const state = { isOver: false };
      const clients = Array.from({ length: CLIENTS }, async (_, client) => {
        for (let n = 0; !state.isOver; n += 1) {
          await deposit(`${client}-${n}`);
          deposited.add(`${client}-${n}`);
        }
      });
      const failed = Promise.all(clients);
      const someMore = async () => {
        const enough = deposited.size + DEPOSITS_BETWEEN_KILLS;
        while (deposited.size < enough) await Promise.race([delay(1), failed]);
      };
      for (let kill = 0; kill < KILLS; kill += 1) {
        await someMore();
        process.kill(postmaster(), 'SIGKILL');
      }
      await someMore();
      state.isOver = true;
      await failed;

      const { account } = await operations.fetch<Balances>(BALANCE);
      expect(account?.balances).toEqual([{ balance: { amount: String(deposited.size) } }]);
      // The same process, not one that was started again.
      expect(process.kill(platform.pid, 0)).toBe(true);
    },
    LIMIT_MS,
  );

  async function deposit(commandId: string): Promise<void> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const { data, errors } = await operations.request<Deposited>(DEPOSIT, { commandId });
      if (data?.depositCash.__typename === 'CashDeposited') return;
      const code = String(errors?.[0]?.extensions?.['code']);
      if (!WORTH_SENDING_AGAIN.includes(code)) throw new Error(JSON.stringify({ data, errors }));
      await delay(15);
    }
    throw new Error(`${commandId} was not answered`);
  }

  function postmaster(): number {
    const file = join(folder, 'postgres', 'cluster', 'postmaster.pid');
    return Number.parseInt(readFileSync(file, 'utf8'), 10);
  }
});
