/**
 * The story of the platform on real prices: history is imported, recorded ticks are replayed, a
 * basket follows them, an order is filled, becomes a lot, and has a value at risk.
 */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GraphqlClient } from '../support/graphql-client.ts';
import { hasRealData, REAL_DATA_MISSING, realFile } from '../support/real-data.ts';
import { startTestPlatform, type TestPlatform } from '../support/running-platform.ts';

const STOCKS = 'prices/sp500_505stocks_ohlcv_2013_2018.csv.gz';
const FIXINGS = 'fx/ecb_eurofxref_daily_1999_2026.csv.gz';
const MEMBERS = 'reference/sp500_constituents_gics.csv';
const TICKS = [
  'ticks/crypto_spot_trades_20240808.csv.gz',
  'ticks/crypto_spot_quotes_20240808.csv.gz',
];

if (!hasRealData) process.stderr.write(`${REAL_DATA_MISSING}\n`);

describe.skipIf(!hasRealData)('from real files to a value at risk', () => {
  let platform: TestPlatform;
  let imported = '';
  const clients = {} as Record<'manager' | 'trader' | 'officer', GraphqlClient>;

  beforeAll(async () => {
    platform = await startTestPlatform(
      { FEED: `replay:${TICKS.map(realFile).join(',')}`, FEED_SPEED: '10' },
      async ({ command }) => {
        imported += await command('import.ts', 'prices', realFile(STOCKS));
        imported += await command('import.ts', 'fx', realFile(FIXINGS));
        imported += await command('import.ts', 'instruments', realFile(MEMBERS));
      },
    );
    clients.manager = await platform.as('portfolio_manager');
    clients.trader = await platform.as('trader');
    clients.officer = await platform.as('risk_officer');
  }, 120_000);

  afterAll(() => platform.stop());

  test('MD-2 the import counts its rows and its faults', async () => {
    expect(imported).toMatch(/619[,.]?040/);
    const { imports } = await clients.manager.fetch<{ imports: Edges<ImportRun> }>(
      '{ imports { edges { node { kind status rowsRead faultCount } } } }',
    );
    const runs = imports.edges.map(({ node }) => node);
    expect(runs.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect(runs.find(({ kind }) => kind === 'PRICES')).toMatchObject({ rowsRead: 619_040 });
  });

  test('MD-5 an instrument has its sector, its history and a triangulated rate', async () => {
    const answer = await clients.manager.fetch(`{
      instrument(symbol: "MSFT") { name sector bars(to: "2013-02-08") { edges { node { close } } } }
      fxRate(base: "GBP", quote: "JPY", asOf: "2024-12-25") { carriedForward fixedOn rate }
    }`);
    expect(answer).toMatchObject({
      instrument: {
        name: 'Microsoft',
        sector: 'Information Technology',
        bars: { edges: [{ node: { close: '27.55' } }] },
      },
      fxRate: { carriedForward: true, fixedOn: '2024-12-24' },
    });
  });

  test('BK-6 a basket level follows the replayed ticks, with names from market data', async () => {
    await until(async () => (await symbolKnown('BTCUSDT')) && (await symbolKnown('ETHUSDT')));
    const levels = clients.manager.subscribe<{ basketLevels: Level }>(`subscription {
      basketLevels(codes: ["COINS"]) {
        level reason basket { constituents: version { constituents {
          symbol units instrument { symbol latestPrice { value source } }
        } } }
      }
    }`);
    const { createBasket } = await clients.manager.fetch<{ createBasket: object }>(`mutation {
      createBasket(input: { code: "COINS", name: "Two coins", currency: "USDT", weighting: FIXED,
        constituents: [{ symbol: "BTCUSDT", weight: "0.7" }, { symbol: "ETHUSDT", weight: "0.3" }]
      }) {
        ... on BasketCommandAccepted { basket { state } }
        ... on BasketCommandRefused { message }
      }
    }`);
    expect(createBasket).toEqual({ basket: { state: 'DRAFT' } });
    const first = await levels.next(({ basketLevels }) => basketLevels.level !== null);
    const moved = await levels.next(
      ({ basketLevels }) => basketLevels.level !== first.basketLevels.level,
    );
    await levels.stop();
    const level = Number(moved.basketLevels.level);
    expect(level).toBeGreaterThan(950);
    expect(level).toBeLessThan(1_050);
    const constituents = moved.basketLevels.basket.constituents.constituents;
    expect(constituents.map(({ symbol }) => symbol).sort()).toEqual(['BTCUSDT', 'ETHUSDT']);
    for (const { instrument } of constituents) {
      expect(instrument.latestPrice.source).toContain('replay:');
    }
  });

  test('OR-1 PS-5 an order is filled from a live quote and becomes a lot', async () => {
    const { trader } = clients;
    const updates = trader.subscribe<{ orderUpdated: { order: Order } }>(
      'subscription { orderUpdated { order { clOrdId ordStatus cumQty avgPx } } }',
    );
    const changes = trader.subscribe<{ positionChanged: { position: { quantity: string } } }>(
      'subscription { positionChanged(filter: { bookId: "DESK" }) { position { quantity } } }',
    );
    const filled = updates.next(({ orderUpdated: { order } }) => order.ordStatus === 'FILLED');
    const held = changes.next();
    await trader.fetch(`mutation { depositCash(input: {
      accountId: "FUND", amount: "100000", currency: "USDT", commandId: "seed"
    }) { __typename } }`);
    const { placeOrder } = await trader.fetch<{ placeOrder: { __typename: string } }>(`mutation {
      placeOrder(input: { clOrdId: "J-1", accountId: "FUND", bookId: "DESK", symbol: "BTCUSDT",
        side: BUY, ordType: MARKET, timeInForce: DAY, orderQty: "0.5" }) { __typename }
    }`);
    expect(placeOrder).toEqual({ __typename: 'OrderAccepted' });
    const { order } = (await filled).orderUpdated;
    expect(order).toMatchObject({ clOrdId: 'J-1', cumQty: '0.5' });
    expect(Number(order.avgPx)).toBeGreaterThan(20_000);
    expect((await held).positionChanged.position.quantity).not.toBe('0');
    await until(async () => (await desk()).quantity === '0.5');
    const position = await desk();
    expect(position.lots.length).toBeGreaterThan(0);
    expect(Number(position.costBasis.amount)).toBeCloseTo(Number(order.avgPx) / 2, 4);
    await updates.stop();
    await changes.stop();
  });

  test('RK-2 the value at risk is the loss that the file shows', async () => {
    const { valueAtRisk } = await clients.officer.fetch<{ valueAtRisk: ValueAtRisk }>(`{
      valueAtRisk(of: { holdings: [{ symbol: "AAPL", quantity: "100" }] }, confidence: 0.99) {
        fraction observations from to undefinedReason
      }
    }`);
    expect(valueAtRisk).toMatchObject({
      observations: 500,
      to: '2018-02-07',
      undefinedReason: null,
    });
    expect(valueAtRisk.fraction).toBeCloseTo(fifthWorstReturn('AAPL', 500), 9);
  });

  test('RK-1 the portfolio of the desk shows what the order bought', async () => {
    const { portfolio } = await clients.officer.fetch<{ portfolio: Portfolio }>(`{
      portfolio(of: { bookIds: ["DESK"] }) {
        value { amount currency } reconciliationStatus
        holdings { symbol weight instrument { assetClass } }
      }
    }`);
    expect(portfolio.value.currency).toBe('USDT');
    expect(Number(portfolio.value.amount)).toBeGreaterThan(10_000);
    expect(portfolio.reconciliationStatus).toBe('RECONCILED');
    expect(portfolio.holdings).toEqual([
      { symbol: 'BTCUSDT', weight: '1', instrument: { assetClass: 'CRYPTO' } },
    ]);
  });

  async function symbolKnown(symbol: string): Promise<boolean> {
    const { instrument } = await clients.manager.fetch<{
      instrument: { latestPrice: object | null } | null;
    }>('query ($symbol: String!) { instrument(symbol: $symbol) { latestPrice { value } } }', {
      symbol,
    });
    return Boolean(instrument?.latestPrice);
  }

  async function desk(): Promise<Position> {
    const { position } = await clients.trader.fetch<{ position: Position }>(`{
      position(key: { bookId: "DESK", accountId: "FUND", symbol: "BTCUSDT" }) {
        quantity costBasis { amount } lots { quantity unitCost sourceTradeId }
      }
    }`);
    return position;
  }
});

/** Straight from the file, by another way than the platform's: the fifth worst of 500 returns. */
function fifthWorstReturn(symbol: string, window: number): number {
  const text = gunzipSync(readFileSync(realFile(STOCKS))).toString();
  const rows = text.split('\n').map((line) => line.split(','));
  const closes = rows
    .filter((row) => row[6]?.trim() === symbol)
    .sort((a, b) => String(a[0]).localeCompare(String(b[0])))
    .slice(-window - 1)
    .map((row) => Number(row[4]));
  const returns = closes.slice(1).map((close, i) => close / (closes[i] ?? Number.NaN) - 1);
  return -(returns.sort((a, b) => a - b)[4] ?? Number.NaN);
}

async function until(holds: () => Promise<boolean>, limitMs = 15_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Edges<Node> {
  readonly edges: readonly { readonly node: Node }[];
}
interface ImportRun {
  readonly kind: string;
  readonly status: string;
  readonly rowsRead: number;
}
interface Level {
  readonly level: string | null;
  readonly basket: {
    readonly constituents: {
      readonly constituents: readonly {
        readonly symbol: string;
        readonly instrument: { readonly latestPrice: { readonly source: string } };
      }[];
    };
  };
}
interface Order {
  readonly clOrdId: string;
  readonly ordStatus: string;
  readonly avgPx: string;
}
interface Position {
  readonly quantity: string;
  readonly costBasis: { readonly amount: string };
  readonly lots: readonly object[];
}
interface ValueAtRisk {
  readonly fraction: number;
}
interface Portfolio {
  readonly value: { readonly amount: string; readonly currency: string };
  readonly reconciliationStatus: string;
  readonly holdings: readonly object[];
}
