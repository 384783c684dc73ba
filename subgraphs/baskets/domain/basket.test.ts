import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, quantity } from '#kernel/money';
import { scopesOf } from '#kernel/roles';
import { type Basket, currentVersion } from './basket.ts';
import type { Asked, BasketCommand, CreateBasket, EditBasket } from './basket-command.ts';
import { decide } from './basket-decider.ts';
import { evolve } from './basket-evolve.ts';
import type { BasketFact } from './basket-fact.ts';
import { NO_RULE, type ReferenceData } from './composition.ts';
import { divisor, level } from './index-level.ts';

const instrument = (symbol: string, currency = 'USD') =>
  [symbol, { symbol, instrumentId: `ins_${symbol}`, currency: currencyCode(currency) }] as const;

const many = Array.from({ length: 1001 }, (_, at) => `S${at}`);
const reference: ReferenceData = {
  instruments: new Map([
    ...['A', 'B', 'C', ...many].map((symbol) => instrument(symbol)),
    instrument('PAR', 'EUR'),
    instrument('BTC', 'USDT'),
  ]),
  fx: new Map([['USD', { unitsPerEur: decimal('1.1'), fixedOn: businessDate('2026-11-19') }]]),
  market: null,
};
const hash = (text: string) => `#${text}`;
const fixed = (...pairs: readonly (readonly [string, string | null])[]) =>
  pairs.map(([symbol, text]) => ({ symbol, weight: text === null ? null : decimal(text) }));

const createCommand = (changes: Partial<CreateBasket> = {}): CreateBasket => ({
  type: 'CreateBasket',
  basketId: 'bsk_1',
  code: 'TECH',
  name: 'Technology',
  currency: currencyCode('USD'),
  weighting: 'FIXED',
  rule: NO_RULE,
  baseLevel: decimal('1000'),
  constituents: fixed(['A', '0.6'], ['B', '0.4']),
  notional: null,
  launchAtMs: null,
  delegates: null,
  reference,
  hash,
  ...changes,
});
const editCommand = (changes: Partial<EditBasket> = {}): EditBasket => ({
  type: 'EditBasket',
  name: null,
  weighting: null,
  rule: null,
  constituents: fixed(['A', '0.5'], ['C', '0.5']),
  notional: null,
  launchAtMs: null,
  delegates: null,
  reference,
  hash,
  ...changes,
});

const asked = (changes: Partial<Asked> = {}): Asked => ({
  by: {
    actor: 'mia',
    onBehalfOf: null,
    roles: ['portfolio_manager'],
    scopes: scopesOf(['portfolio_manager']),
    isService: false,
  },
  atMs: 1,
  comment: null,
  seenVersion: null,
  seenRevision: null,
  ...changes,
});

const replay = (past: readonly BasketFact[]) => past.reduce<Basket | null>(evolve, null);
const given = (...past: readonly BasketFact[]) => ({
  when: (command: BasketCommand, changes?: Partial<Asked>) =>
    decide(replay(past), command, asked(changes)),
});
const factsOf = (command: BasketCommand, ...past: readonly BasketFact[]) => {
  const decision = given(...past).when(command);
  if (!decision.ok) throw new Error(`${decision.reason}: ${decision.message}`);
  return decision.events;
};
const created = factsOf(createCommand());
const base = {
  units: [quantity(decimal('6000')), quantity(decimal('4000'))],
  divisor: divisor(10n ** 27n),
  level: level(decimal('1000')),
  basedAtMs: 1,
};
const basing = { type: 'BaseIndex' as const, versionNumber: 1, base: base };
const cancelled = [...created, { type: 'BasketCancelled' as const }];

describe('BK-1 creating a basket', () => {
  test('makes version 1, a draft with a hash of its content', () => {
    const basket = replay(created);
    expect(basket).toMatchObject({ id: 'bsk_1', code: 'TECH', state: 'DRAFT' });
    expect(basket?.versions).toMatchObject([{ number: 1, status: 'DRAFT', base: null }]);
    expect(basket && currentVersion(basket).hash).toMatch(/^#.*"USD".*"FIXED"/);
  });

  test('computes the weights of EQUAL, exactly', () => {
    const names = [
      { symbol: 'C', weight: null },
      { symbol: 'A', weight: null },
      { symbol: 'B', weight: null },
    ];
    const basket = replay(factsOf(createCommand({ weighting: 'EQUAL', constituents: names })));
    expect(
      basket?.versions[0]?.constituents.map((each) => [each.symbol, formatDecimal(each.weight)]),
    ).toEqual([
      ['C', '0.33333333'],
      ['A', '0.33333334'],
      ['B', '0.33333333'],
    ]);
  });

  test('the hash does not depend on the order of the names, but on their weights', () => {
    const hashOf = (constituents: CreateBasket['constituents']) => {
      const [fact] = factsOf(createCommand({ constituents }));
      return fact?.type === 'BasketCreated' ? fact.version.hash : undefined;
    };
    const first = hashOf(fixed(['A', '0.6'], ['B', '0.4']));
    expect(hashOf(fixed(['B', '0.4'], ['A', '0.6']))).toBe(first);
    expect(hashOf(fixed(['B', '0.6'], ['A', '0.4']))).not.toBe(first);
  });

  // In order of precedence: each row carries the faults of the rows below it where it can.
  test.each<[string, Partial<CreateBasket>, RegExp]>([
    ['INVALID_CODE', { code: 'NO SPACE', name: '' }, /was "NO SPACE"/],
    ['INVALID_NAME', { name: ' ', baseLevel: decimal('0') }, /1 to 200/],
    ['INVALID_BASE_LEVEL', { baseLevel: decimal('0'), constituents: [] }, /was 0/],
    ['NO_CONSTITUENTS', { constituents: [] }, /1 to 1000 constituents, was 0/],
    [
      'TOO_MANY_CONSTITUENTS',
      { constituents: fixed(...many.map((each) => [each, null] as const)) },
      /was 1001/,
    ],
    ['DUPLICATE_SYMBOL', { constituents: fixed(['A', '1'], ['NIX', '1'], ['A', '1']) }, /A$/],
    ['UNKNOWN_SYMBOL', { constituents: fixed(['BTC', '1'], ['NIX', '1']) }, /symbol NIX$/],
    ['CURRENCY_NOT_PRICED', { constituents: fixed(['BTC', '0.5'], ['A', '-1']) }, /USDT$/],
    ['WEIGHT_MISSING', { constituents: fixed(['A', null], ['B', '-1']) }, /missing for A$/],
    ['WEIGHT_NOT_EXPECTED', { weighting: 'EQUAL' }, /given for A, B$/],
    ['NEGATIVE_OR_ZERO_WEIGHT', { constituents: fixed(['A', '0'], ['B', '0.4']) }, /was 0 for A/],
    [
      'NEGATIVE_OR_ZERO_WEIGHT',
      { constituents: fixed(['A', '1.5'], ['B', '-0.5']) },
      /was -0.5 for B/,
    ],
    [
      'WEIGHTS_DO_NOT_SUM_TO_ONE',
      { constituents: fixed(['A', '0.5'], ['B', '0.4999']) },
      /^weights sum to 1 exactly, was 0.9999$/,
    ],
  ])('refuses with %s', (reason, changes, message) => {
    expect(given().when(createCommand(changes))).toEqual({
      ok: false,
      reason,
      message: expect.stringMatching(message),
    });
  });

  test('refuses a code that is taken before anything else', () => {
    expect(given(...created).when(createCommand({ name: '' }))).toEqual({
      ok: false,
      reason: 'DUPLICATE_CODE',
      message: 'a basket with the code TECH exists',
    });
  });

  test('takes 1000 names', () => {
    const names = many.slice(0, 1000).map((symbol) => ({ symbol, weight: null }));
    const facts = factsOf(createCommand({ weighting: 'EQUAL', constituents: names }));
    expect(facts).toHaveLength(1);
  });

  test('a foreign name needs a rate of its currency and of the basket', () => {
    const names = fixed(['PAR', '0.5'], ['A', '0.5']);
    expect(given().when(createCommand({ constituents: names })).ok).toBe(true);
    expect(
      given().when(createCommand({ constituents: names, currency: currencyCode('CHF') })),
    ).toMatchObject({ ok: false, reason: 'CURRENCY_NOT_PRICED' });
    expect(
      given().when(
        createCommand({ constituents: fixed(['BTC', '1']), currency: currencyCode('USDT') }),
      ).ok,
    ).toBe(true);
  });
});

describe('BK-2 editing and cancelling a draft', () => {
  test('an edit makes the next version and supersedes the one it saw', () => {
    const basket = replay([...created, ...factsOf(editCommand(), ...created)]);
    expect(basket?.versions).toMatchObject([
      { number: 1, status: 'SUPERSEDED' },
      { number: 2, status: 'DRAFT', base: null, constituents: [{ symbol: 'A' }, { symbol: 'C' }] },
    ]);
  });

  test('an edit of another version than the current one is refused', () => {
    expect(given(...created).when(editCommand(), { seenVersion: 2 })).toEqual({
      ok: false,
      reason: 'VERSION_CONFLICT',
      message: 'expected version 1, the current one, was 2',
    });
  });

  test('renaming keeps names, weights and the base of the index', () => {
    const based = [...created, ...factsOf(basing, ...created)];
    const renamed = factsOf(editCommand({ name: 'New', constituents: null }), ...based);
    const basket = replay([...based, ...renamed]);
    expect(basket).toMatchObject({ name: 'New', versions: [{ number: 1 }, { number: 2, base }] });
  });

  test('turning to EQUAL recomputes the weights and leaves the base behind', () => {
    const based = [...created, ...factsOf(basing, ...created)];
    const edited = factsOf(editCommand({ weighting: 'EQUAL', constituents: null }), ...based);
    const version = replay([...based, ...edited])?.versions[1];
    const weights = version?.constituents.map(({ weight }) => formatDecimal(weight));
    expect(weights).toEqual(['0.5', '0.5']);
    expect(version?.base).toBeNull();
  });

  test('the weights of an edit are checked like those of a creation', () => {
    expect(
      given(...created).when(editCommand({ constituents: fixed(['A', '0.9999']) })),
    ).toMatchObject({ ok: false, reason: 'WEIGHTS_DO_NOT_SUM_TO_ONE' });
  });

  test('a cancelled basket refuses every command and says that nothing is allowed', () => {
    const basket = replay(cancelled);
    expect(basket).toMatchObject({ state: 'CANCELLED', versions: [{ status: 'CANCELLED' }] });
    expect(given(...cancelled).when({ type: 'CancelBasket' })).toEqual({
      ok: false,
      reason: 'ILLEGAL_TRANSITION',
      message: 'CANCEL_BASKET is not allowed in CANCELLED; allowed: nothing',
    });
    expect(given(...cancelled).when(editCommand())).toMatchObject({
      ok: false,
      reason: 'ILLEGAL_TRANSITION',
    });
  });

  test('nothing happens to a basket that does not exist', () => {
    expect(given().when(editCommand())).toMatchObject({ ok: false, reason: 'UNKNOWN_BASKET' });
    expect(given().when({ type: 'CancelBasket' })).toMatchObject({ reason: 'UNKNOWN_BASKET' });
  });
});

describe('the base of an index', () => {
  test('is fixed once: a second one changes nothing', () => {
    const based = [...created, ...factsOf(basing, ...created)];
    expect(replay(based)?.versions[0]?.base).toEqual(base);
    const other = { ...basing, base: { ...base, divisor: divisor(1n) } };
    expect(given(...based).when(other)).toEqual({ ok: true, events: [] });
  });

  test('is refused for a version that is not the current one', () => {
    const edited = [...created, ...factsOf(editCommand(), ...created)];
    expect(given(...edited).when(basing)).toMatchObject({ reason: 'VERSION_CONFLICT' });
  });
});
