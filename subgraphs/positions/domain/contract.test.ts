import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import {
  type Contract,
  type ContractDefinition,
  DEFINE_CONTRACT_REFUSE_REASONS,
  defineContract,
  type DefineContract,
  MAX_DEFINITIONS_PER_CONTRACT,
  termsOf,
} from './contract.ts';
import { methodOn } from './contract-terms.ts';
import { TODAY } from './position-test-support.ts';

const define = (changes: Partial<DefineContract> = {}): DefineContract => ({
  contractId: 'ISDA-7',
  reliefMethod: 'FIFO',
  effectiveFrom: null,
  isLongOnly: false,
  hasWashSales: false,
  booksClosedBefore: null,
  ...changes,
});

const on = (text: string) => businessDate(text);

/** The contract after commands, which must be accepted. */
function contractAfter(...commands: readonly Partial<DefineContract>[]): Contract | undefined {
  return commands.reduce<Contract | undefined>((known, changes) => {
    const decision = defineContract(known, define(changes), TODAY);
    if (!decision.ok) throw new Error(decision.reason);
    return decision.events.reduce(withDefinition, known);
  }, undefined);
}

function withDefinition(known: Contract | undefined, definition: ContractDefinition): Contract {
  if (known === undefined) return { contractId: 'ISDA-7', definitions: [definition] };
  return { ...known, definitions: [...known.definitions, definition] };
}

const given = (...past: readonly Partial<DefineContract>[]) => ({
  when: (changes: Partial<DefineContract>) =>
    defineContract(contractAfter(...past), define(changes), TODAY),
});

/** Methods with the days they begin on. */
function methodsAfter(...commands: readonly Partial<DefineContract>[]): readonly string[] {
  const contract = contractAfter(...commands);
  if (contract === undefined) throw new Error('expected a contract');
  return termsOf(contract).reliefMethods.map(({ from, method }) => `${method} ${from}`);
}

describe('defining a contract', () => {
  test('the first time says all of its terms, from today on', () => {
    expect(given().when({ reliefMethod: 'HIFO', isLongOnly: true })).toEqual({
      ok: true,
      events: [
        {
          version: 1,
          reliefMethod: 'HIFO',
          effectiveFrom: TODAY,
          isLongOnly: true,
          hasWashSales: false,
          booksClosedBefore: null,
        },
      ],
    });
  });

  test.each<[string, Partial<DefineContract>]>([
    ['word for word', { reliefMethod: 'LIFO', effectiveFrom: on('2026-01-05') }],
    ['without the day on which its method began', { reliefMethod: 'LIFO' }],
  ])('again, %s, writes nothing', (_case, changes) => {
    const past = { reliefMethod: 'LIFO', effectiveFrom: on('2026-01-05') } as const;
    expect(given(past).when(changes)).toEqual({ ok: true, events: [] });
  });

  test('with other flags keeps the day on which its method began', () => {
    const decision = given({ effectiveFrom: on('2026-01-05') }).when({ hasWashSales: true });
    expect(decision).toMatchObject({
      ok: true,
      events: [{ version: 2, effectiveFrom: '2026-01-05', hasWashSales: true }],
    });
  });

  test.each<[string, Partial<DefineContract>, string, string]>([
    ['of a bad name', { contractId: 'A|B' }, 'INVALID_CONTRACT_ID', 'contractId: expected 1 to 32'],
    ['of the name for none', { contractId: '-' }, 'INVALID_CONTRACT_ID', 'leave it out'],
    [
      'from a day too far ahead',
      { effectiveFrom: on('2027-11-21') },
      'EFFECTIVE_DATE_TOO_FAR',
      'expected from 1900-01-01 to 2027-11-20, was 2027-11-21',
    ],
    [
      'from another century',
      { effectiveFrom: on('1899-12-31') },
      'EFFECTIVE_DATE_TOO_FAR',
      'was 1899-12-31',
    ],
    [
      'with books closed ahead of today',
      { booksClosedBefore: on('2026-11-21') },
      'BOOKS_CLOSED_AHEAD',
      'expected at most the business date 2026-11-20, was 2026-11-21',
    ],
    [
      'with another method in a closed period',
      { reliefMethod: 'LIFO', effectiveFrom: on('2026-10-31') },
      'METHOD_IN_CLOSED_PERIOD',
      'expected 2026-11-01 or later, for the books before are closed, was 2026-10-31',
    ],
  ])('%s is refused', (_case, changes, reason, message) => {
    const known = { effectiveFrom: on('2026-01-05'), booksClosedBefore: on('2026-11-01') };
    expect(given(known).when(changes)).toMatchObject({
      ok: false,
      reason,
      message: expect.stringContaining(message),
    });
  });

  test('more often than it has a limit is refused', () => {
    const definitions = Array.from({ length: MAX_DEFINITIONS_PER_CONTRACT }, (_, index) => ({
      isLongOnly: index % 2 === 0,
    }));
    expect(given(...definitions).when({ reliefMethod: 'HIFO' })).toMatchObject({
      reason: 'TOO_MANY_DEFINITIONS',
    });
  });

  test('answers with the first reason in the order of the list', () => {
    const known = { booksClosedBefore: TODAY };
    const wrongs: readonly Partial<DefineContract>[] = [
      { contractId: '' },
      { effectiveFrom: on('1800-01-01') },
      { booksClosedBefore: on('2027-01-01') },
      { reliefMethod: 'LOFO', effectiveFrom: on('2026-01-01') },
    ];
    const reasons = wrongs.map((_, index) => {
      const decision = given(known).when(Object.assign({}, ...wrongs.slice(index).toReversed()));
      return decision.ok ? 'none' : decision.reason;
    });
    expect(reasons).toEqual(DEFINE_CONTRACT_REFUSE_REASONS.slice(0, wrongs.length));
  });
});

describe('the method of a contract', () => {
  test('changes on its day and not before', () => {
    const contract = contractAfter(
      { effectiveFrom: on('2026-01-05') },
      { reliefMethod: 'LIFO', effectiveFrom: on('2026-12-01') },
    );
    if (contract === undefined) throw new Error('expected a contract');
    const terms = termsOf(contract);
    expect(methodOn(terms, on('1999-01-01'))).toEqual({ from: '2026-01-05', method: 'FIFO' });
    expect(methodOn(terms, on('2026-11-30')).method).toBe('FIFO');
    expect(methodOn(terms, on('2026-12-01'))).toEqual({ from: '2026-12-01', method: 'LIFO' });
  });

  test.each<[string, readonly Partial<DefineContract>[], readonly string[]]>([
    [
      'is the newest word on each day',
      [
        { effectiveFrom: on('2026-01-05') },
        { reliefMethod: 'LIFO', effectiveFrom: on('2026-12-01') },
        { reliefMethod: 'HIFO', effectiveFrom: on('2026-11-25') },
      ],
      ['FIFO 2026-01-05', 'HIFO 2026-11-25'],
    ],
    [
      'goes on when the same one is said again from a later day on',
      [{ effectiveFrom: on('2026-01-05') }, { effectiveFrom: on('2026-12-01') }],
      ['FIFO 2026-01-05'],
    ],
    [
      'that came first holds before one that begins earlier',
      [
        { effectiveFrom: on('2026-06-01') },
        { reliefMethod: 'LIFO', effectiveFrom: on('2026-03-01') },
      ],
      ['FIFO 1900-01-01', 'LIFO 2026-03-01'],
    ],
    [
      'stays when only flags change',
      [
        { reliefMethod: 'LOFO', effectiveFrom: on('2026-01-05') },
        { reliefMethod: 'LOFO', isLongOnly: true },
      ],
      ['LOFO 2026-01-05'],
    ],
  ])('%s', (_case, commands, methods) => {
    expect(methodsAfter(...commands)).toEqual(methods);
  });

  test('goes with flags that hold from now on', () => {
    const contract = contractAfter({ isLongOnly: true }, { hasWashSales: true });
    expect(contract && termsOf(contract)).toMatchObject({ isLongOnly: false, hasWashSales: true });
  });
});
