/** What is known about the names of a proposal when the command comes. */

import { startOfUtcDay, utcDateOf } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import type { Clock } from '#platform/clock';
import { MAX_CONSTITUENTS, NO_RULE, type ReferenceData } from '../domain/composition.ts';
import {
  adjustedBy,
  adjustmentOf,
  type AnnouncedAction,
  describeTerms,
} from '../domain/corporate-action-announced.ts';
import {
  followsMarket,
  type ProposedConstituent,
  type ProposedRule,
  type WeighingMarket,
  windowOf,
} from '../domain/weighing.ts';
import type { WeightingScheme } from '../domain/weighting-schemes.ts';
import type { BasketReader } from '../store/basket-reader.ts';
import type { CorporateActionStore } from '../store/corporate-actions.ts';
import type { ReferenceDataReader } from '../store/reference-data.ts';
import type { WeighingMarketReader } from '../store/weighing-market.ts';

/** Codes are upper case everywhere inside. */
export const normalizedCode = (text: string): string => text.toUpperCase();

/** Symbols are upper case everywhere inside. */
export function normalized(constituents: readonly ProposedConstituent[]): ProposedConstituent[] {
  return constituents.map((each) => ({ ...each, symbol: each.symbol.toUpperCase() }));
}

/** Of the first names up to the limit: a longer list is refused for its length. */
export async function loadReference(
  reader: ReferenceDataReader,
  symbols: readonly string[],
): Promise<ReferenceData> {
  const [instruments, fx] = await Promise.all([
    reader.instruments(symbols.slice(0, MAX_CONSTITUENTS)),
    reader.fxSnapshot(),
  ]);
  return { instruments, fx, market: null };
}

export interface ProposalDeps {
  readonly reference: ReferenceDataReader;
  readonly weighingMarket: WeighingMarketReader;
  readonly actions: Pick<CorporateActionStore, 'appliedTo' | 'departures'>;
  readonly clock: Clock;
}

export interface WholeProposal {
  readonly weighting: WeightingScheme;
  readonly rule: ProposedRule;
  readonly symbols: readonly string[];
  readonly currency: string;
}

/** With names that left, and with the market of the day where the scheme follows it. */
export async function loadProposal(
  deps: ProposalDeps,
  { weighting, rule, symbols, currency }: WholeProposal,
): Promise<ReferenceData> {
  const { reference, weighingMarket } = deps;
  const [known, departed] = await Promise.all([
    loadReference(reference, symbols),
    departedNames(deps, symbols),
  ]);
  const market = followsMarket(weighting)
    ? await weighingMarket.on({
        symbols: symbols.slice(0, MAX_CONSTITUENTS),
        currencies: [currency, ...[...known.instruments.values()].map((each) => each.currency)],
        asOf: rule.asOf,
        volatilityWindow: windowOf(weighting, rule),
      })
    : null;
  return { ...known, market, departed };
}

async function departedNames(
  { actions, clock }: ProposalDeps,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const asked = symbols.slice(0, MAX_CONSTITUENTS);
  const departures = await actions.departures(asked, utcDateOf(clock.nowMs()));
  return new Map(
    departures.map(({ actionId, exDate, terms }) => [
      terms.symbol,
      `${describeTerms(terms)}, ex ${exDate} (${actionId})`,
    ]),
  );
}

export interface ChangeDeps extends ProposalDeps {
  readonly reader: Pick<BasketReader, 'currentWeighing' | 'symbolsInHand'>;
}

/** What an edit leaves out is that of the version that a faster edit may replace meanwhile. */
export async function loadChanges(
  deps: ChangeDeps,
  code: string,
  changes: {
    readonly weighting: WeightingScheme | null;
    readonly rule: ProposedRule | null;
    readonly constituents: readonly ProposedConstituent[] | null;
  },
): Promise<ReferenceData> {
  const current = await deps.reader.currentWeighing(code);
  const weighting = changes.weighting ?? current?.weighting ?? 'EQUAL';
  const known = await loadProposal(deps, {
    weighting,
    rule: changes.rule ?? { ...(current?.weighing ?? NO_RULE), asOf: null },
    symbols: changes.constituents?.map(({ symbol }) => symbol) ?? current?.symbols ?? [],
    currency: current?.currency ?? '',
  });
  if (known.market === null || current === undefined) return known;
  const applied = (await deps.actions.appliedTo([current.basketId])).get(current.basketId) ?? [];
  return { ...known, market: withoutWhatActionsTook(known.market, applied) };
}

/** Closes from before an action that is worked in already, as its shares are. */
function withoutWhatActionsTook(
  market: WeighingMarket,
  applied: readonly AnnouncedAction[],
): WeighingMarket {
  const adjustments = applied.flatMap((action) => adjustmentOf(action) ?? []);
  const closes = [...market.closes].map(([symbol, { price, date }]) => {
    const ofName = adjustments.filter((each) => each.symbol === symbol);
    const adjusted = adjustedBy(ofName, { price, eventTimeMs: startOfUtcDay(date) });
    return [symbol, { price: adjusted, date }] as const;
  });
  return { ...market, closes: new Map(closes) };
}

/** Text that is the same for the same proposal: a repetition under one command id agrees on it. */
export function proposalText(
  constituents: readonly ProposedConstituent[] | null,
  rule: ProposedRule | null,
): readonly unknown[] {
  const text = (value: bigint | null | undefined) =>
    value === null || value === undefined ? null : formatDecimal(value);
  return [
    constituents?.map((each) => [
      each.symbol,
      text(each.weight),
      text(each.sharesOutstanding),
      text(each.freeFloat),
      text(each.fundamental),
      text(each.factorScore),
    ]) ?? null,
    rule && [text(rule.maxWeight), rule.volatilityWindow, rule.asOf],
  ];
}
