// What the domain would refuse, written by hand: the database refuses it, too.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type BasketLifeWorld,
  openBasketLifeWorld,
  type Person,
} from '../../../test/support/basket-life-world.ts';
import { reportBacktestCompleted } from '../use-cases/report-backtest.ts';

const mia: Person = { user: 'mia', roles: ['portfolio_manager'] };
const max: Person = { user: 'max', roles: ['portfolio_manager'] };
const carl: Person = { user: 'carl', roles: ['approver'] };

let world: BasketLifeWorld;
let basketId = '';
let hash = '';
let codes = 0;
beforeAll(async () => {
  world = await openBasketLifeWorld();
});
afterAll(() => world.close());

/** Version 2, edited by mia and, for olga, by max; submitted by mia; two approvals needed. */
beforeEach(async () => {
  const code = `B${(codes += 1)}`;
  const constituents = [{ symbol: 'A' }];
  const terms = { name: code, currency: 'USD', weighting: 'EQUAL', notional: '200000000' };
  await world.command(mia, 'createBasket', { code, constituents, ...terms });
  await world.command(max, 'editBasket', { code, version: 1, name: 'New', onBehalfOf: 'olga' });
  await world.command(mia, 'triggerBacktest', { code, from: '2026-01-05', to: '2026-11-19' });
  const [row] = await world.sql<{ basketId: string; backtestId: string; versionHash: string }[]>`
    select basket_id as "basketId", backtest_id as "backtestId", version_hash as "versionHash"
    from baskets.backtest join baskets.basket using (basket_id) where code = ${code}`;
  if (!row) throw new Error('the backtest was asked for');
  ({ basketId, versionHash: hash } = row);
  await reportBacktestCompleted(world.deps, { code, ...row });
  await world.command(mia, 'submitBasketForApproval', { code });
});

async function approve(changes: Record<string, unknown> = {}) {
  await world.sql`
    insert into baskets.approval ${world.sql({
      basket_id: basketId,
      submission: 1,
      approver: 'carl',
      approver_roles: ['approver'],
      on_behalf_of: null,
      version_number: 2,
      version_hash: hash,
      approved_at: '2026-11-20T12:00:00Z',
      ...changes,
    })}`;
}
const setStatus = async (status: string) => {
  await world.sql`
    update baskets.basket_version set status = ${status}
    where basket_id = ${basketId} and number = 2`;
};

describe('BK-3 four eyes in the database', () => {
  test.each([
    ['by the one who created it', { approver: 'mia' }, /had a hand in version 2/],
    ['by the one who edited it', { approver: 'max' }, /had a hand in version 2/],
    ['by the one it was edited for', { approver: 'olga' }, /had a hand in version 2/],
    ['in the name of an editor', { on_behalf_of: 'max' }, /had a hand in version 2/],
    ['by a program, by its role', { approver_roles: ['partner', 'approver'] }, /by_a_person/],
    ['by the platform', { approver: 'system' }, /by_a_person/],
    ['by a service', { approver: 'service:risk' }, /by_a_person/],
    ['of another content', { version_hash: 'other' }, /not open for this content/],
    ['of another version', { version_number: 1 }, /not open for this content/],
    ['of another submission', { submission: 2 }, /not open for this content/],
  ])('no approval %s', async (_how, changes, message) => {
    await expect(approve(changes)).rejects.toThrow(message);
  });

  test('nobody approves twice, and no approval is taken back by hand', async () => {
    await approve();
    await expect(approve()).rejects.toThrow(/approval_pkey/);
    await expect(world.sql`delete from baskets.approval`.then(() => 'done')).rejects.toThrow(
      /permission denied/,
    );
    await expect(
      world.sql`update baskets.version_editor set actor = 'x'`.then(() => 'done'),
    ).rejects.toThrow(/permission denied/);
  });

  test('nobody who approved becomes an editor of it', async () => {
    await approve();
    await expect(
      world.sql`
        insert into baskets.version_editor (basket_id, version_number, actor)
        values (${basketId}, 2, 'carl')`.then(() => 'done'),
    ).rejects.toThrow(/cannot have had a hand/);
  });

  test('no version is approved, scheduled or effective before enough people approved', async () => {
    for (const status of ['APPROVED', 'SCHEDULED', 'EFFECTIVE']) {
      await expect(setStatus(status)).rejects.toThrow(/is not approved/);
    }
    await approve();
    await expect(setStatus('APPROVED')).rejects.toThrow(/is not approved/);
    await approve({ approver: 'cora' });
    await expect(setStatus('APPROVED')).resolves.toBeUndefined();
  });

  test('the content of a version never changes', async () => {
    await expect(
      world.sql`update baskets.basket_version set hash = 'x' where basket_id = ${basketId}`.then(
        () => 'done',
      ),
    ).rejects.toThrow(/cannot change/);
  });

  test('no removal is confirmed by who asked for it', async () => {
    await expect(
      world.sql`
        insert into baskets.delisting
          (basket_id, number, last_date, requested_by, requested_at, confirmed_by)
        values (${basketId}, 1, '2026-11-20', 'mia', now(), 'mia')`.then(() => 'done'),
    ).rejects.toThrow(/delisting_four_eyes/);
  });

  test('what the domain allows passes', async () => {
    const code = `B${codes}`;
    await world.command(carl, 'approveBasket', { code });
    expect(
      await world.command({ user: 'cora', roles: ['approver'] }, 'approveBasket', { code }),
    ).toMatchObject({ basket: { state: 'LISTING' } });
  });
});
