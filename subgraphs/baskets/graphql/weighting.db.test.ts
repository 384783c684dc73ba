import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import {
  type BasketLifeWorld,
  openBasketLifeWorld,
  type Person,
} from '../../../test/support/basket-life-world.ts';

let world: BasketLifeWorld;
const mia: Person = { user: 'mia', roles: ['portfolio_manager'] };

/** Price and shares of section 2.1: three names of one size, base market value 30,000. */
const SHARES = { TA: '1000', TB: '500', TC: '200' };
const TEN = Array.from({ length: 10 }, (_, at) => `S${at}`);
const MOVES = 40;

beforeAll(async () => {
  world = await openBasketLifeWorld();
  const symbols = ['TA', 'TB', 'TC', ...TEN, 'CALM', 'WILD', 'FLAT', 'GONE', 'PAR'];
  await world.owner`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    select 'ins_' || s, s, s, 'EQUITY', case s when 'PAR' then 'EUR' else 'USD' end
    from unnest(${symbols}::text[]) s`;
  await world.owner`
    insert into market_data.price_series
      (instrument_id, source, interval, is_adjusted, is_preferred)
    select 'ins_' || s, 'test', 'DAY_1', false, true from unnest(${symbols}::text[]) s`;
  await world.owner`
    insert into market_data.fx_fixing (currency, fixed_on, units_per_eur, source)
    values ('USD', '2026-11-18', 1.25, 'test')`;
  await closes('2026-11-18', { TA: '10', TB: '20', TC: '50', PAR: '8', FLAT: '1' });
  await closes('2026-11-19', { TA: '11', TB: '19', TC: '52' });
  // It ceased to trade in March.
  await closes('2026-03-02', { GONE: '5' });
  // Returns of + and - 1 % and 2 % by turns, their mean is 0.
  let [calm, wild] = [1_000_000, 1_000_000];
  for (let day = 0; day <= MOVES; day += 1) {
    const sign = day % 2 === 0 ? -1 : 1;
    if (day > 0) [calm, wild] = [calm * (1 + 0.01 * sign), wild * (1 + 0.02 * sign)];
    const date = new Date(Date.UTC(2026, 8, 1 + day)).toISOString().slice(0, 10);
    await closes(date, { CALM: calm.toFixed(8), WILD: wild.toFixed(8) });
  }
});
afterAll(() => world.close());

async function closes(date: string, prices: Readonly<Record<string, string>>): Promise<void> {
  for (const [symbol, text] of Object.entries(prices)) {
    await world.owner`
      insert into market_data.price_bar (series_id, business_date, close)
      select series_id, ${date}::text::date, ${String(decimal(text))}::text::bigint
      from market_data.price_series where instrument_id = ${`ins_${symbol}`}`;
  }
}

let codes = 0;
const input = (changes: Record<string, unknown>) => ({
  code: `W${(codes += 1)}`,
  name: 'Weighed',
  currency: 'USD',
  ...changes,
});
const create = (changes: Record<string, unknown>) =>
  world.command(mia, 'createBasket', input(changes));

const READ = /* GraphQL */ `
  query ($code: String!) {
    basket(code: $code) {
      version {
        hash
        weighting
        constituents {
          symbol
          weight
        }
        weighing {
          maxWeight
          volatilityWindow
          volatilityConvention
          asOf
          inputs {
            symbol
            weight
            price
            priceDate
            fx
            sharesOutstanding
            freeFloatFactor
            volatility
          }
        }
      }
    }
  }
`;

interface Version {
  readonly hash: string;
  readonly constituents: readonly { readonly symbol: string; readonly weight: string }[];
  readonly weighing: {
    readonly asOf: string | null;
    readonly inputs: readonly Readonly<Record<string, string | null>>[];
  } | null;
}

async function versionOf(code: string): Promise<Version> {
  const { basket } = await world.ask(mia, READ, { code });
  return (basket as { version: Version }).version;
}

async function weighed(changes: Record<string, unknown>): Promise<Version> {
  const wanted = input(changes);
  expect(await world.command(mia, 'createBasket', wanted)).toMatchObject({
    basket: { state: 'DRAFT' },
  });
  return versionOf(wanted.code);
}

const weightsOf = ({ constituents }: Version) => constituents.map(({ weight }) => weight);
const names = (inputs: Readonly<Record<string, Record<string, unknown>>>) =>
  Object.entries(inputs).map(([symbol, given]) => ({ symbol, ...given }));
const withShares = names(
  Object.fromEntries(
    Object.entries(SHARES).map(([symbol, sharesOutstanding]) => [symbol, { sharesOutstanding }]),
  ),
);
const on = (asOf: string) => ({ weightingRule: { asOf } });

describe('BK-1 weighting schemes of a basket', () => {
  test('market cap: the three names of section 2.1 weigh the same, and say why', async () => {
    const version = await weighed({
      weighting: 'MARKET_CAP',
      constituents: withShares,
      ...on('2026-11-18'),
    });
    // Thirds, rounded by largest remainder, ties by identifier.
    expect(weightsOf(version)).toEqual(['0.33333334', '0.33333333', '0.33333333']);
    expect(version.weighing).toEqual({
      maxWeight: null,
      volatilityWindow: null,
      volatilityConvention: null,
      asOf: '2026-11-18',
      inputs: Object.entries(SHARES).map(([symbol, sharesOutstanding], at) => ({
        symbol,
        weight: null,
        price: ['10', '20', '50'][at],
        priceDate: '2026-11-18',
        fx: '1',
        sharesOutstanding,
        freeFloatFactor: null,
        volatility: null,
      })),
    });
  });

  test('without a day it takes the newest close: 11,000, 9,500 and 10,400 of 30,900', async () => {
    const version = await weighed({ weighting: 'MARKET_CAP', constituents: withShares });
    expect(version.weighing?.asOf).toBe('2026-11-19');
    expect(weightsOf(version)).toEqual(['0.35598705', '0.30744337', '0.33656958']);
  });

  test('float cap takes the fraction of it, at the rate of the day', async () => {
    const version = await weighed({
      weighting: 'FLOAT_CAP',
      ...on('2026-11-18'),
      constituents: names({
        TA: { sharesOutstanding: '1000', freeFloatFactor: '0.5' },
        // 8 EUR are 10 USD.
        PAR: { sharesOutstanding: '1000', freeFloatFactor: '1' },
      }),
    });
    expect(weightsOf(version)).toEqual(['0.33333333', '0.66666667']);
    expect(version.weighing?.inputs[1]).toMatchObject({ price: '8', fx: '1.25' });
  });

  test('price: in proportion to the closes', async () => {
    const constituents = names({ TA: {}, TB: {}, TC: {} });
    const version = await weighed({ weighting: 'PRICE', constituents, ...on('2026-11-18') });
    expect(weightsOf(version)).toEqual(['0.125', '0.25', '0.625']);
  });

  test('inverse volatility: twice as wild, half the weight', async () => {
    const version = await weighed({
      weighting: 'INVERSE_VOLATILITY',
      weightingRule: { volatilityWindow: MOVES },
      constituents: names({ CALM: {}, WILD: {} }),
    });
    const [calm, wild] = weightsOf(version).map(Number);
    expect(calm).toBeCloseTo(2 / 3, 6);
    expect(wild).toBeCloseTo(1 / 3, 6);
    // Sample deviation of 40 returns of 1 %, on 252.
    const daily = 0.01 * Math.sqrt(MOVES / (MOVES - 1));
    const found = Number(version.weighing?.inputs[0]?.['volatility']);
    expect(found).toBeCloseTo(daily * Math.sqrt(252), 7);
    expect(version.weighing).toMatchObject({
      volatilityWindow: MOVES,
      volatilityConvention: expect.stringContaining('simple daily returns'),
    });
  });

  test('fundamental sizes and factor scores', async () => {
    const sizes = names({
      TA: { fundamental: '5' },
      TB: { fundamental: '3' },
      TC: { fundamental: '2' },
    });
    const fundamental = await weighed({ weighting: 'FUNDAMENTAL', constituents: sizes });
    expect(weightsOf(fundamental)).toEqual(['0.5', '0.3', '0.2']);
    const scored = withShares.map((each, at) => ({
      ...each,
      freeFloatFactor: '1',
      factorScore: ['1', '0', '-1'][at],
    }));
    const factor = { weighting: 'FACTOR_SCORE', constituents: scored, ...on('2026-11-18') };
    expect(weightsOf(await weighed(factor))).toEqual(['0.57142857', '0.28571429', '0.14285714']);
  });

  test('a cap spreads the excess over the uncapped: golden weights of section 2.4', async () => {
    const given = ['.3', '.22', '.14', '.1', '.08', '.06', '.04', '.03', '.02', '.01'];
    const constituents = TEN.map((symbol, at) => ({ symbol, weight: `0${given[at]}` }));
    const weightingRule = { maxWeight: '0.15' };
    const version = await weighed({ weighting: 'FIXED', constituents, weightingRule });
    const golden = ['.15', '.15', '.15', '.15', '.13333333', '.1', '.06666667', '.05'];
    expect(weightsOf(version)).toEqual(
      [...golden, '.03333333', '.01666667'].map((text) => `0${text}`),
    );
    expect(version.weighing?.inputs.map(({ weight }) => weight)).toEqual(
      given.map((text) => `0${text}`),
    );
  });

  test('an edit keeps inputs and rule, a rename keeps the weights, too', async () => {
    const wanted = input({
      weighting: 'MARKET_CAP',
      constituents: withShares,
      weightingRule: { asOf: '2026-11-18', maxWeight: '0.35' },
    });
    await world.command(mia, 'createBasket', wanted);
    const first = await versionOf(wanted.code);
    const { code } = wanted;
    await world.command(mia, 'editBasket', { code, version: 1, name: 'Another name' });
    expect(await versionOf(code)).toEqual(first);
    await world.command(mia, 'editBasket', { code, version: 2, weighting: 'MARKET_CAP' });
    const again = await versionOf(code);
    expect(again.weighing).toMatchObject({ asOf: '2026-11-19', maxWeight: '0.35' });
    // The excess of TA, 0.00598705, on the others pro rata.
    expect(weightsOf(again)).toEqual(['0.35', '0.31030151', '0.33969849']);
    expect(again.hash).not.toBe(first.hash);
    await world.command(mia, 'editBasket', { code, version: 3, weighting: 'EQUAL' });
    expect((await versionOf(code)).weighing).toBeNull();
  });

  test.each([
    [
      'three names at 30 %',
      { weighting: 'EQUAL', weightingRule: { maxWeight: '0.3' } },
      ['CAP_INFEASIBLE', 'names x cap is at least 1, was 3 x 0.3'],
    ],
    [
      'a cap above 1',
      { weighting: 'EQUAL', weightingRule: { maxWeight: '1.01' } },
      ['INVALID_WEIGHTING_RULE', 'expected a maxWeight above 0 and at most 1, was 1.01'],
    ],
    [
      'a window of an equal weighting',
      { weighting: 'EQUAL', weightingRule: { volatilityWindow: 60 } },
      ['INVALID_WEIGHTING_RULE', /for INVERSE_VOLATILITY only, was 60 for EQUAL/],
    ],
    [
      'no shares',
      { weighting: 'MARKET_CAP' },
      ['WEIGHTING_INPUT_MISSING', /shares outstanding above 0, was missing for TA, TB, TC/],
    ],
    [
      'a free float above 1',
      {
        weighting: 'FLOAT_CAP',
        constituents: [{ symbol: 'TA', sharesOutstanding: '1', freeFloatFactor: '1.1' }],
      },
      ['WEIGHTING_INPUT_MISSING', /free float of at most 1/],
    ],
    [
      'shares of an equal weighting',
      { weighting: 'EQUAL', constituents: [{ symbol: 'TA', sharesOutstanding: '1' }] },
      ['WEIGHTING_INPUT_NOT_EXPECTED', 'EQUAL takes no sharesOutstanding, was given for TA'],
    ],
    [
      'weights of a market cap',
      { weighting: 'MARKET_CAP', constituents: [{ symbol: 'TA', weight: '1' }] },
      ['WEIGHT_NOT_EXPECTED', /left out for MARKET_CAP/],
    ],
    [
      'weights that sum to 0.9999',
      {
        weighting: 'FIXED',
        weightingRule: { maxWeight: '0.6' },
        constituents: [
          { symbol: 'TA', weight: '0.5' },
          { symbol: 'TB', weight: '0.4999' },
        ],
      },
      ['WEIGHTS_DO_NOT_SUM_TO_ONE', 'weights sum to 1 exactly, was 0.9999'],
    ],
    [
      'a negative weight',
      {
        weighting: 'FIXED',
        constituents: [
          { symbol: 'TA', weight: '1.5' },
          { symbol: 'TB', weight: '-0.5' },
        ],
      },
      ['NEGATIVE_OR_ZERO_WEIGHT', /was -0.5 for TB/],
    ],
    [
      'a name twice, in other letters',
      { weighting: 'PRICE', constituents: [{ symbol: 'TA' }, { symbol: 'ta' }] },
      ['DUPLICATE_SYMBOL', /repeated: TA/],
    ],
    [
      'an unknown name',
      { weighting: 'PRICE', constituents: [{ symbol: 'TA' }, { symbol: 'NIX' }] },
      ['UNKNOWN_SYMBOL', /NIX/],
    ],
    [
      'a name that ceased to trade',
      { weighting: 'PRICE', constituents: [{ symbol: 'TA' }, { symbol: 'GONE' }] },
      ['NO_PRICE_HISTORY', /2026-11-19 or at most 5 days before, was missing for GONE/],
    ],
    [
      'a day before all closes',
      { weighting: 'PRICE', weightingRule: { asOf: '2026-01-02' } },
      ['NO_PRICE_HISTORY', /a close of 2026-01-02/],
    ],
    [
      'names without any close',
      { weighting: 'PRICE', constituents: [{ symbol: 'S1' }] },
      ['NO_PRICE_HISTORY', 'PRICE needs closes, none of the names has one'],
    ],
    [
      'a window with too few closes',
      {
        weighting: 'INVERSE_VOLATILITY',
        weightingRule: { volatilityWindow: MOVES + 1 },
        constituents: [{ symbol: 'CALM' }],
      },
      ['NO_PRICE_HISTORY', /needs the last 42 closes up to 2026-10-11.*CALM/],
    ],
  ])('%s is refused', async (_what, changes, [reason, message]) => {
    const constituents = names({ TA: {}, TB: {}, TC: {} });
    expect(await create({ constituents, ...changes })).toEqual({
      reason,
      message: expect.stringMatching(
        message instanceof RegExp ? message : new RegExp(message ?? ''),
      ),
    });
  });
});
