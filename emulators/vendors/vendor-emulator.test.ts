import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseFigi } from '#kernel/identifiers';
import { silentLogger } from '#platform/logger';
import { figiLike } from './vendor-desk.ts';
import { startVendorEmulator, type VendorEmulator } from './vendor-emulator.ts';

let emulator: VendorEmulator;
beforeEach(async () => {
  emulator = await startVendorEmulator({ logger: silentLogger });
});
afterEach(() => emulator.stop());

const post = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', body: JSON.stringify(body) });

describe('the control of the emulator', () => {
  test('takes faults, shows them and clears them', async () => {
    const { url } = emulator.refinitiv.primary;
    const fault = { kind: 'REJECT', at: 'PRICE', times: 2, ms: 0, code: 'SourceDown' };
    expect(await (await post(`${url}/control/faults`, fault)).json()).toEqual({ faults: [fault] });
    expect(emulator.refinitiv.secondary.faults.faults).toEqual([]);
    const { faults } = emulator.refinitiv.primary;
    expect([faults.take('PRICE'), faults.take('LISTING'), faults.take('PRICE')]).toMatchObject([
      { code: 'SourceDown' },
      undefined,
      { times: 1 },
    ]);
    expect(faults.take('PRICE')).toBeUndefined();
    await post(`${url}/control/faults`, { kind: 'HANG' });
    const cleared = await fetch(`${url}/control/faults`, { method: 'DELETE' });
    expect(await cleared.json()).toEqual({ faults: [] });
  });

  test.each([{ kind: 'EXPLODE' }, { kind: 'DELAY', ms: 1e12 }, 'no object'])(
    'refuses %o',
    async (fault) => {
      const { url } = emulator.bloomberg.primary;
      expect((await post(`${url}/control/faults`, fault)).status).toBe(400);
      expect(emulator.bloomberg.primary.faults.faults).toEqual([]);
    },
  );

  test('is answered also while the vendor is down', async () => {
    const { url } = emulator.bloomberg.primary;
    await post(`${url}/control/faults`, { kind: 'DOWN' });
    await expect(post(`${url}/v1/oauth/token`, {})).rejects.toThrow('fetch failed');
    expect((await fetch(`${url}/control/faults`, { method: 'DELETE' })).status).toBe(200);
    expect((await post(`${url}/v1/oauth/token`, {})).status).toBe(401);
  });

  test('shows what was received, and sets how long a listing takes', async () => {
    const { url } = emulator.bloomberg.primary;
    const settings = await post(`${url}/control/settings`, { listingMs: 7 });
    expect(await settings.json()).toMatchObject({ listingMs: 7 });
    const received = await fetch(`${url}/control/received?code=TECH`);
    expect(await received.json()).toEqual({ prices: [], outOfOrder: [] });
    const listings = await fetch(`${url}/control/listings?code=TECH`);
    expect(await listings.json()).toEqual({ inForce: null });
  });
});

describe('an emulated vendor', () => {
  test('judges the order of prices itself', () => {
    const { desk } = emulator.bloomberg;
    desk.set({ listingMs: 0 });
    desk.submit({
      code: 'TECH',
      name: 'Tech',
      currency: 'USD',
      clientReference: 'v1',
      constituents: [{ symbol: 'AAPL', weight: '1' }],
    });
    const price = { endpoint: 'PRIMARY', connection: 1, code: 'TECH', isImage: false, fields: {} };
    desk.receive({ ...price, postId: '1', sequence: 5 });
    desk.receive({ ...price, postId: '2', sequence: 4 });
    desk.receive({ ...price, postId: '1', sequence: 5 });
    expect(desk.faultsFound()).toEqual(['TECH: sequence 4 after 5', 'TECH: 1 again after 2']);
    expect(desk.receive({ ...price, code: 'BANKS', postId: '3', sequence: 1 })).toBe('UNKNOWN');
  });

  test.each([
    [{ code: 'no ticker' }, 'BAD_TICKER'],
    [{ name: ' ' }, 'BAD_NAME'],
    [{ currency: 'dollar' }, 'BAD_CURRENCY'],
    [{ constituents: [] }, 'BAD_CONSTITUENTS'],
    [{ constituents: [{ symbol: 'AAPL', weight: '0.9999' }] }, 'BAD_WEIGHTS'],
    [{ constituents: [{ symbol: 'AAPL', weight: 'all' }] }, 'BAD_WEIGHTS'],
  ])('refuses %o', (wrong, code) => {
    const constituents = [{ symbol: 'AAPL', weight: '1' }];
    const right = { code: 'TECH', name: 'Tech', currency: 'USD', clientReference: 'v1' };
    const { desk } = emulator.refinitiv;
    expect(desk.submit({ ...right, constituents, ...wrong })).toMatchObject({ ok: false, code });
    expect(desk.requests()).toBe(0);
  });

  test('gives ids in the form of a FIGI, never one twice', () => {
    const ids = Array.from({ length: 1_000 }, (_, n) => figiLike(n + 1));
    expect(ids.filter((id) => !parseFigi(id).ok)).toEqual([]);
    expect(new Set(ids).size).toBe(1_000);
  });
});
