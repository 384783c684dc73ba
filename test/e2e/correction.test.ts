/**
 * J4, the correction: a backdated trade arrives, the position is provisional at once, is
 * recalculated beside the live flow, and the correction reaches subscribers with before and after.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GraphqlClient } from '../support/graphql-client.ts';
import { startTestPlatform, type TestPlatform } from '../support/running-platform.ts';

const METHODS = ['FIFO', 'LIFO', 'HIFO', 'AVERAGE'] as const;
type Method = (typeof METHODS)[number];

/** [G-1]: quantity / basis / realized before the late purchase, estimated, and corrected. */
const G1: Readonly<Record<Method, { before: string; provisional: string; corrected: string }>> = {
  FIFO: {
    before: '50 / 600 / 650',
    provisional: '130 / 1480 / 650',
    corrected: '130 / 1530 / 700',
  },
  LIFO: {
    before: '50 / 500 / 550',
    provisional: '130 / 1380 / 550',
    corrected: '130 / 1330 / 500',
  },
  HIFO: {
    before: '50 / 500 / 550',
    provisional: '130 / 1380 / 550',
    corrected: '130 / 1330 / 500',
  },
  AVERAGE: {
    before: '50 / 550 / 600',
    provisional: '130 / 1430 / 600',
    corrected: '130 / 1430 / 600',
  },
};
const LOTS: Readonly<Record<Method, readonly string[]>> = {
  FIFO: ['30@11', '100@12'],
  LIFO: ['30@11', '100@10'],
  HIFO: ['30@11', '100@10'],
  AVERAGE: ['130@11'],
};

describe('J4 PS-7 a trade that comes late', () => {
  let platform: TestPlatform;
  let operations: GraphqlClient;
  let officer: GraphqlClient;
  let watcher: GraphqlClient;

  beforeAll(async () => {
    platform = await startTestPlatform();
    operations = await platform.as('operations');
    officer = await platform.as('risk_officer');
    watcher = await platform.as('viewer');
    const admin = await platform.as('admin');
    await admin.fetch(`mutation { upsertInstruments(input: { instruments: [
      { symbol: "AAPL", name: "Apple", assetClass: EQUITY, currency: "USD" }
    ] }) { instruments { symbol } } }`);
    const contracts = [
      ...METHODS.map((method) => [method, method, false]),
      ['LONG_ONLY', 'FIFO', true],
    ];
    for (const [contractId, method, longOnly] of contracts) {
      const { defineContract } = await admin.fetch<{ defineContract: { __typename: string } }>(
        `mutation { defineContract(input: {
          contractId: "${contractId}", reliefMethod: ${method}, longOnly: ${longOnly}
        }) {
          __typename ... on DefineContractRefused { message }
        } }`,
      );
      if (defineContract.__typename !== 'ContractDefined') throw new Error(`${contractId} refused`);
    }
  }, 120_000);

  afterAll(() => platform.stop());

  test.each(METHODS)('is estimated at once, then corrected and told: %s [G-1]', async (method) => {
    await record(method, [
      trade('E1', 'BUY', '100', '10', '2026-03-02'),
      trade('E2', 'BUY', '100', '12', '2026-03-09'),
      trade('E3', 'SELL', '150', '15', '2026-03-16'),
    ]);
    expect(shown(await find(method))).toBe(G1[method].before);

    const corrections = watcher.subscribe<{ positionCorrected: Correction }>(
      `subscription { positionCorrected(filter: { contractId: "${method}" }) {
        sequence causedBy beforeTrade ${FIGURES} before ${FIGURES} after ${FIGURES}
        delta ${FIGURES} restatedGains { tradeId before { amount } after { amount } }
        position { reconciliationStatus lots { quantity unitCost } }
      } }`,
    );
    const told = corrections.next();
    await opened();
    const [late] = await record(method, [trade('X', 'BUY', '80', '11', '2026-03-05')]);
    expect(late?.classification).toBe('BACKDATED');
    expect(late?.position.reconciliationStatus).toBe('PROVISIONAL');
    expect(shown(late?.position)).toBe(G1[method].provisional);

    const { positionCorrected } = await told;
    expect(positionCorrected.causedBy).toEqual([`${method}-X`]);
    expect(shown(positionCorrected.beforeTrade)).toBe(G1[method].before);
    expect(shown(positionCorrected.before)).toBe(G1[method].provisional);
    expect(shown(positionCorrected.after)).toBe(G1[method].corrected);
    expect(positionCorrected.position.reconciliationStatus).toBe('RECONCILED');
    expect(
      positionCorrected.position.lots.map((lot) => `${lot.quantity}@${lot.unitCost}`).sort(byUnits),
    ).toEqual(LOTS[method]);
    const gainBefore = G1[method].before.split(' / ')[2];
    const gainAfter = G1[method].corrected.split(' / ')[2];
    expect(positionCorrected.restatedGains).toEqual(
      gainBefore === gainAfter
        ? []
        : [
            {
              tradeId: `${method}-E3`,
              before: { amount: gainBefore },
              after: { amount: gainAfter },
            },
          ],
    );
    await corrections.stop();

    // Whoever comes later gets the same correction by resuming.
    const resumed = watcher.subscribe<{ positionCorrected: { sequence: string } }>(
      `subscription { positionCorrected(filter: { contractId: "${method}" }, after: "0") {
        sequence } }`,
    );
    expect((await resumed.next()).positionCorrected.sequence).toBe(positionCorrected.sequence);
    await resumed.stop();
    expect(shown(await find(method))).toBe(G1[method].corrected);
  });

  test('PS-6 an oversold replay stays provisional wherever it counts, until mended', async () => {
    await record(
      'LONG_ONLY',
      [
        trade('P1', 'BUY', '10', '10', '2026-03-02'),
        trade('P2', 'SELL', '10', '12', '2026-03-09'),
        trade('P3', 'BUY', '10', '11', '2026-03-16'),
      ],
      'RISKY',
    );
    const status = async () => {
      const { portfolio, position } = await officer.fetch<{
        portfolio: { reconciliationStatus: string };
        position: { reconciliationStatus: string; statusReason: string | null };
      }>(`{
        portfolio(of: { accountIds: ["RISKY"] }) { reconciliationStatus }
        position(key: ${keyOf('LONG_ONLY', 'RISKY')}) { reconciliationStatus statusReason }
      }`);
      return [
        portfolio.reconciliationStatus,
        position.reconciliationStatus,
        position.statusReason,
      ].join(' ');
    };
    await until(async () => (await status()) === 'RECONCILED RECONCILED ');
    await record('LONG_ONLY', [trade('P4', 'SELL', '5', '11', '2026-03-05')], 'RISKY');
    await until(async () => (await status()) === 'PROVISIONAL PROVISIONAL OVERSOLD_AFTER_REPLAY');
    await record('LONG_ONLY', [trade('P5', 'BUY', '5', '10', '2026-03-04')], 'RISKY');
    await until(async () => (await status()) === 'RECONCILED RECONCILED ');
    // 5 of P5 at 10 and 5 of P1 at 10 go at 12, 5 of P1 at 11; P3 is what is left.
    expect(shown(await find('LONG_ONLY', { accountId: 'RISKY' }))).toBe('10 / 110 / 25');
  });

  test('the past is asked for in two times [G-4]', async () => {
    const position = await find('FIFO');
    const events = (position?.events.edges ?? []).map(({ node }) => node);
    const lastOf = (type: string) =>
      events.findLast((event) => event.type === type)?.recordedAt ?? '';
    const beforeLate = lastOf('TRADE_APPLIED');
    const atLate = lastOf('PROVISIONAL_TRADE_APPLIED');
    const atCorrection = lastOf('HISTORICAL_POSITION_CORRECTED');
    const at = async (effectiveAt: string, knownAt: string) => {
      const found = await find('FIFO', { effectiveAt, knownAt });
      return `${shown(found)} ${found?.reconciliationStatus}`;
    };
    expect(await at('2026-03-05', beforeLate)).toBe('100 / 1000 / 0 RECONCILED');
    expect(await at('2026-03-05', atLate)).toBe('100 / 1000 / 0 PROVISIONAL');
    expect(await at('2026-03-05', atCorrection)).toBe('180 / 1880 / 0 RECONCILED');
    expect(await at('2026-03-10', beforeLate)).toBe('200 / 2200 / 0 RECONCILED');
    expect(await at('2026-03-10', atCorrection)).toBe('280 / 3080 / 0 RECONCILED');
    expect(await at('2026-03-16', beforeLate)).toBe('50 / 600 / 650 RECONCILED');
    const today = new Date().toISOString().slice(0, 10);
    expect(await at(today, atLate)).toBe('130 / 1480 / 650 PROVISIONAL');
    expect(await at(today, atCorrection)).toBe('130 / 1530 / 700 RECONCILED');
  });

  test('the snapshot is what a replay of all facts gives', async () => {
    const { verifyPosition } = await watcher.fetch<{ verifyPosition: { matches: boolean } }>(
      `{ verifyPosition(key: ${keyOf('FIFO', 'FUND')}) { matches } }`,
    );
    expect(verifyPosition).toEqual({ matches: true });
  });

  interface Sent {
    readonly tradeId: string;
    readonly side: string;
    readonly quantity: string;
    readonly price: string;
    readonly effectiveDate: string;
  }

  async function record(contractId: string, trades: readonly Sent[], accountId = 'FUND') {
    const { recordTrades } = await operations.fetch<{ recordTrades: { results: Recorded[] } }>(
      `mutation ($trades: [TradeInput!]!) { recordTrades(input: { trades: $trades }) { results {
        __typename
        ... on TradeRecorded { classification position { reconciliationStatus ...figures } }
        ... on TradeRefused { reason message }
      } } }
      fragment figures on Position { quantity costBasis { amount } realizedPnl { amount } }`,
      {
        trades: trades.map((each) => ({
          ...each,
          tradeId: `${contractId}-${each.tradeId}`,
          bookId: 'DESK',
          accountId,
          symbol: 'AAPL',
          contractId,
        })),
      },
    );
    const { results } = recordTrades;
    expect(results.map(({ __typename }) => __typename)).toEqual(trades.map(() => 'TradeRecorded'));
    return results;
  }

  async function find(
    contractId: string,
    {
      accountId = 'FUND',
      ...at
    }: { accountId?: string; effectiveAt?: string; knownAt?: string } = {},
  ) {
    const asked = Object.entries(at).map(([name, value]) => `, ${name}: "${value}"`);
    const { position } = await watcher.fetch<{ position: Found | null }>(
      `{ position(key: ${keyOf(contractId, accountId)}${asked.join('')}) {
        version reconciliationStatus quantity costBasis { amount } realizedPnl { amount }
        events { edges { node { type recordedAt } } }
      } }`,
    );
    return position;
  }
});

const FIGURES = '{ quantity costBasis { amount } realizedPnl { amount } }';

interface Figures {
  readonly quantity: string;
  readonly costBasis: { readonly amount: string };
  readonly realizedPnl: { readonly amount: string };
}

interface Found extends Figures {
  readonly version: number;
  readonly reconciliationStatus: string;
  readonly events: {
    readonly edges: readonly {
      readonly node: { readonly type: string; readonly recordedAt: string };
    }[];
  };
}

interface Recorded {
  readonly __typename: string;
  readonly classification: string;
  readonly position: Figures & { readonly reconciliationStatus: string };
}

interface Correction {
  readonly sequence: string;
  readonly causedBy: readonly string[];
  readonly beforeTrade: Figures;
  readonly before: Figures;
  readonly after: Figures;
  readonly restatedGains: readonly object[];
  readonly position: {
    readonly reconciliationStatus: string;
    readonly lots: readonly { readonly quantity: string; readonly unitCost: string }[];
  };
}

const trade = (
  tradeId: string,
  side: string,
  quantity: string,
  price: string,
  effectiveDate: string,
) => ({ tradeId, side, quantity, price, effectiveDate });

const keyOf = (contractId: string, accountId: string) =>
  `{ bookId: "DESK", accountId: "${accountId}", symbol: "AAPL", contractId: "${contractId}" }`;

const shown = (figures: Figures | null | undefined) =>
  figures === null || figures === undefined
    ? ''
    : [figures.quantity, figures.costBasis.amount, figures.realizedPnl.amount].join(' / ');

const byUnits = (a: string, b: string) => parseInt(a, 10) - parseInt(b, 10);

/** A subscription has no answer of its own that says it is open. */
const opened = () => new Promise((resolve) => setTimeout(resolve, 300));

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('still not so after 15 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
