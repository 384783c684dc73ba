/** Corporate actions as they are asked for: which terms each kind needs. */

import type { BusinessDate } from '#kernel/business-date';
import { type Decimal, ZERO } from '#kernel/decimal';
import { refuse, type Refusal } from '#kernel/decision';
import { MAX_SCALED, type Price, price, quantity } from '#kernel/money';
import {
  type CashInLieu,
  type CorporateAction,
  corporateActionProblem,
  type UnitRatio,
} from './corporate-action.ts';

/** Well-formed, nothing checked. Null: not given. */
export interface CorporateActionRequest {
  readonly actionId: string;
  readonly type: CorporateAction['type'];
  readonly effectiveDate: BusinessDate;
  readonly numerator: number | null;
  readonly denominator: number | null;
  readonly cashPerUnit: Decimal | null;
  /** The child, the acquirer, or the instrument after a change of symbol. */
  readonly otherInstrumentId: string | null;
  readonly parentPrice: Decimal | null;
  readonly childPrice: Decimal | null;
  readonly acquirerPrice: Decimal | null;
  readonly lotSize: Decimal | null;
  readonly cashInLieuPrice: Decimal | null;
}

/** Why the terms of a corporate action are none. In order of precedence. */
export type ActionTermsReason = 'MISSING_TERMS' | 'INVALID_ACTION';

export type ActionTerms =
  { readonly ok: true; readonly action: CorporateAction } | Refusal<ActionTermsReason>;

/** Terms that the kind of action does not have are left aside. */
export function corporateActionOf(request: CorporateActionRequest): ActionTerms {
  const missing: string[] = [];
  const action = actionOf(request, missing);
  if (action === undefined) {
    return refuse('MISSING_TERMS', `${request.type}: expected ${missing.join(', ')}, were null`);
  }
  const problem = rangeProblem(request) ?? corporateActionProblem(action);
  return problem === undefined ? { ok: true, action } : refuse('INVALID_ACTION', problem);
}

/** Undefined when a term is missing: then it is named in `missing`. */
function actionOf(request: CorporateActionRequest, missing: string[]): CorporateAction | undefined {
  const { type, actionId, effectiveDate } = request;
  const needed = neededTerms(request, missing);
  const common = { actionId, effectiveDate };
  const action = ((): CorporateAction => {
    switch (type) {
      case 'SPLIT':
      case 'STOCK_DIVIDEND':
        return { type, ...common, ...needed.ratio(), cashInLieu: needed.cashInLieu() };
      case 'SPIN_OFF':
        return {
          type,
          ...common,
          ...needed.ratio(),
          childInstrumentId: needed.instrument('childSymbol'),
          parentPrice: needed.price('parentPrice'),
          childPrice: needed.price('childPrice'),
          cashInLieu: needed.cashInLieu(),
        };
      case 'MERGER':
        return {
          type,
          ...common,
          ...needed.ratio(),
          acquirerInstrumentId: needed.instrument('acquirerSymbol'),
          acquirerPrice: needed.price('acquirerPrice'),
          cashPerUnit: price(request.cashPerUnit ?? ZERO),
          cashInLieu: needed.cashInLieu(),
        };
      case 'CASH_MERGER':
      case 'RETURN_OF_CAPITAL':
        return { type, ...common, cashPerUnit: needed.price('cashPerUnit') };
      case 'SYMBOL_CHANGE':
        return { type, ...common, newInstrumentId: needed.instrument('newSymbol') };
    }
  })();
  return missing.length === 0 ? action : undefined;
}

type PriceField = 'parentPrice' | 'childPrice' | 'acquirerPrice' | 'cashPerUnit';

function neededTerms(request: CorporateActionRequest, missing: string[]) {
  const given = <T>(field: string, value: T | null, otherwise: T): T => {
    if (value === null) missing.push(field);
    return value ?? otherwise;
  };
  return {
    ratio: (): UnitRatio => ({
      numerator: BigInt(given('numerator', request.numerator, 0)),
      denominator: BigInt(given('denominator', request.denominator, 0)),
    }),
    price: (field: PriceField): Price => price(given(field, request[field], ZERO)),
    instrument: (field: string): string => given(field, request.otherInstrumentId, ''),
    /** Both of its terms or none. */
    cashInLieu(): CashInLieu | null {
      const { lotSize, cashInLieuPrice } = request;
      if (lotSize === null && cashInLieuPrice === null) return null;
      return {
        lotSize: quantity(given('lotSize', lotSize, ZERO)),
        price: price(given('cashInLieuPrice', cashInLieuPrice, ZERO)),
      };
    },
  };
}

function rangeProblem(request: CorporateActionRequest): string | undefined {
  const decimals = Object.entries(request).filter(([, value]) => typeof value === 'bigint');
  const tooLarge = decimals.find(([, value]) => value > MAX_SCALED);
  return tooLarge && `${tooLarge[0]}: expected at most 92233720368.54775807, was more`;
}
