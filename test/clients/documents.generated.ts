/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@apollo/client';
/** Units to be taken out of one lot. */
export type ElectedLotInput = {
  /** As in `TaxLot.id`. */
  readonly lotId: string;
  /** Units, above zero, whichever side the lot has. */
  readonly quantity: string;
};

/** Names one position. Ids are taken in upper or lower case. */
export type PositionKeyInput = {
  /** The book, 1 to 32 characters. */
  readonly bookId: string;
  /** The account, 1 to 32 characters. */
  readonly accountId: string;
  /** Trading symbol of the instrument. */
  readonly symbol: string;
  /** ISO 4217 code; null for the currency of the instrument. */
  readonly currency?: string | null | undefined;
  /** The contract; null for positions outside of contracts. */
  readonly contractId?: string | null | undefined;
};

/** How far to trust a price. */
export type PriceQuality =
  /** Accepted from a live source within its time limit. */
  | 'GOOD'
  /** The last known one is older than its limit, or only the close of a bar is known. */
  | 'STALE'
  /** Derived from something else, such as a sector's move. */
  | 'ESTIMATED'
  /** A part of what it is computed from is stale. */
  | 'INDICATIVE'
  /** Made by the simulator of this platform; no market ever showed it. */
  | 'SIMULATED';

/** The side of a trade or order, after FIX tag 54. */
export type Side =
  /** Acquires units, or covers a short. */
  | 'BUY'
  /** Disposes of units, or opens a short. */
  | 'SELL';

/** A trade to be recorded. */
export type TradeInput = {
  /** Unique for ever, 1 to 64 printable ASCII characters without blanks: a trade counts once by it. */
  readonly tradeId: string;
  /** The book, 1 to 32 letters, digits or . _ : @ / + # - */
  readonly bookId: string;
  /** The account, of the same form. */
  readonly accountId: string;
  /** Trading symbol of the instrument, in upper or lower case. */
  readonly symbol: string;
  /** Which way. */
  readonly side: Side;
  /** Units, above zero. */
  readonly quantity: string;
  /** For one unit, above zero. */
  readonly price: string;
  /** ISO 4217 code, that of the instrument's prices; null for just that. */
  readonly currency?: string | null | undefined;
  /** Of the whole trade, in its currency, zero or more; null for none. */
  readonly fees?: string | null | undefined;
  /** Business date on which it counts. */
  readonly effectiveDate: string;
  /** When it was executed; null when unknown. */
  readonly executedAt?: string | null | undefined;
  /** The contract whose rules apply, as it was defined; null for none. */
  readonly contractId?: string | null | undefined;
  /** The lots to sell, at most 1,000, under the method SPECIFIC; null under all others. */
  readonly electedLots?: ReadonlyArray<ElectedLotInput> | null | undefined;
  /**
   * Why the trade must count although the books of its day are closed, 1 to 200 characters; null when
   * it need not. Only for who may correct positions.
   */
  readonly overrideReason?: string | null | undefined;
};

/** Why a trade is refused, in order of precedence. */
export type TradeRefusalReason =
  /** The trade id is empty, too long, or has characters other than printable ASCII without blanks. */
  | 'INVALID_TRADE_ID'
  /** The book, account or contract id is empty, too long, or has characters that are not allowed. */
  | 'INVALID_KEY'
  /** Market data does not know the symbol. */
  | 'UNKNOWN_INSTRUMENT'
  /** The contract is not defined; `defineContract` defines it. */
  | 'UNKNOWN_CONTRACT'
  /** The quantity is not above zero, or beyond 92233720368.54775807. */
  | 'INVALID_QUANTITY'
  /** The price is not above zero, or beyond 92233720368.54775807. */
  | 'INVALID_PRICE'
  /** The currency is not the one in which the instrument is priced. */
  | 'CURRENCY_MISMATCH'
  /** The fees are below zero. */
  | 'NEGATIVE_FEES'
  /** The effective date is more than 365 days ahead, or before 1900-01-01. */
  | 'EFFECTIVE_DATE_TOO_FAR'
  /** The override reason is blank or longer than 200 characters. */
  | 'INVALID_OVERRIDE'
  /** The execution is stated to be more than one day ahead of the platform's clock. */
  | 'EXECUTED_IN_THE_FUTURE'
  /**
   * The trade came late while the platform has more current trades in hand than it should. It is not
   * kept: send it again in a moment.
   */
  | 'OVERLOADED'
  /** Another trade with this id is recorded already, with other content. */
  | 'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT'
  /** The books of the effective date are closed, and no override reason is given. */
  | 'PERIOD_CLOSED'
  /** The effective date is after today. */
  | 'FORWARD_DATED_NOT_SUPPORTED'
  /** The effective date is before the latest in the position. */
  | 'BACKDATED_NOT_SUPPORTED'
  /** The position would have too many bookings for later days. */
  | 'TOO_MANY_BOOKINGS'
  /** It sells more than the position holds, and the contract is long-only. */
  | 'OVERSELL'
  /** The relief method is SPECIFIC, and no lots are elected. */
  | 'LOTS_NOT_ELECTED'
  /** The elected lots are not open, too small, named twice, or not of the quantity to be closed. */
  | 'INVALID_LOT_ELECTION'
  /** The position would have more than 10,000 open lots. */
  | 'TOO_MANY_LOTS'
  /** Quantity, cost basis or realized P&L of the position would be beyond what the platform keeps. */
  | 'FIGURES_OUT_OF_RANGE'
  /** The trade passed every rule and could not be stored all the same: a fault of ours. */
  | 'NOT_PROCESSED';

export type InstrumentPriceQueryVariables = Exact<{
  symbol: string;
}>;


export type InstrumentPriceQuery = { readonly instrument: { readonly id: string, readonly symbol: string, readonly name: string, readonly currency: string, readonly latestPrice: { readonly value: string, readonly currency: string, readonly eventTime: string, readonly quality: PriceQuality } | null } | null };

export type PositionWithLotsQueryVariables = Exact<{
  key: PositionKeyInput;
}>;


export type PositionWithLotsQuery = { readonly position: { readonly id: string, readonly version: number, readonly quantity: string, readonly costBasis: { readonly amount: string, readonly currency: string }, readonly instrument: { readonly id: string, readonly name: string } | null, readonly lots: ReadonlyArray<{ readonly id: string, readonly openDate: string, readonly quantity: string, readonly unitCost: string }> } | null };

export type RecordTradesMutationVariables = Exact<{
  trades: ReadonlyArray<TradeInput> | TradeInput;
}>;


export type RecordTradesMutation = { readonly recordTrades: { readonly results: ReadonlyArray<
      | { readonly __typename: 'TradeRecorded', readonly tradeId: string, readonly duplicate: boolean, readonly position: { readonly id: string, readonly version: number, readonly quantity: string } }
      | { readonly __typename: 'TradeRefused', readonly tradeId: string, readonly reason: TradeRefusalReason, readonly message: string }
    > } };

export type PriceTicksSubscriptionVariables = Exact<{
  symbols: ReadonlyArray<string> | string;
}>;


export type PriceTicksSubscription = { readonly priceTicks: { readonly symbol: string, readonly price: string, readonly eventTime: string, readonly sequence: string } };

export type PositionChangesSubscriptionVariables = Exact<{
  bookId: string;
  after?: string | null | undefined;
}>;


export type PositionChangesSubscription = { readonly positionChanged: { readonly sequence: string, readonly position: { readonly id: string, readonly version: number, readonly quantity: string, readonly instrument: { readonly id: string, readonly name: string } | null } } };


export const InstrumentPriceDocument = {"__meta__":{"hash":"sha256:5b85550c5c6b95dd7e9c945756e42a8eeb040a6db00d967a033c53b313fb3772"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"InstrumentPrice"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"symbol"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"instrument"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"symbol"},"value":{"kind":"Variable","name":{"kind":"Name","value":"symbol"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}},{"kind":"Field","name":{"kind":"Name","value":"latestPrice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"value"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}},{"kind":"Field","name":{"kind":"Name","value":"eventTime"}},{"kind":"Field","name":{"kind":"Name","value":"quality"}}]}}]}}]}}]} as unknown as DocumentNode<InstrumentPriceQuery, InstrumentPriceQueryVariables>;
export const PositionWithLotsDocument = {"__meta__":{"hash":"sha256:c2ab9b477402efc2164be1ba1057d5aa06b2c0320700bf947cbe3ca93d5ca521"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PositionWithLots"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"key"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"PositionKeyInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"position"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"key"},"value":{"kind":"Variable","name":{"kind":"Name","value":"key"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"costBasis"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"lots"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"openDate"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"unitCost"}}]}}]}}]}}]} as unknown as DocumentNode<PositionWithLotsQuery, PositionWithLotsQueryVariables>;
export const RecordTradesDocument = {"__meta__":{"hash":"sha256:c7887dfa1d7b02de44deb475c7fbaf432172efc8352a587e2375708341b03719"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RecordTrades"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"trades"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TradeInput"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recordTrades"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"trades"},"value":{"kind":"Variable","name":{"kind":"Name","value":"trades"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"results"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TradeRecorded"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tradeId"}},{"kind":"Field","name":{"kind":"Name","value":"duplicate"}},{"kind":"Field","name":{"kind":"Name","value":"position"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TradeRefused"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tradeId"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]}}]} as unknown as DocumentNode<RecordTradesMutation, RecordTradesMutationVariables>;
export const PriceTicksDocument = {"__meta__":{"hash":"sha256:e2937175da1978d18c694e205c389a1b89bc4a0cbadb9e2b6f2a9e7fe52dcc87"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"PriceTicks"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"symbols"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"priceTicks"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"symbols"},"value":{"kind":"Variable","name":{"kind":"Name","value":"symbols"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"symbol"}},{"kind":"Field","name":{"kind":"Name","value":"price"}},{"kind":"Field","name":{"kind":"Name","value":"eventTime"}},{"kind":"Field","name":{"kind":"Name","value":"sequence"}}]}}]}}]} as unknown as DocumentNode<PriceTicksSubscription, PriceTicksSubscriptionVariables>;
export const PositionChangesDocument = {"__meta__":{"hash":"sha256:b8d1e614e1ec062c068384fb3af3cb6fba62058c88e3a9b49d81fed54b2efc46"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"PositionChanges"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"bookId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"positionChanged"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"bookId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"bookId"}}}]}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"position"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}},{"kind":"Field","name":{"kind":"Name","value":"instrument"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]}}]} as unknown as DocumentNode<PositionChangesSubscription, PositionChangesSubscriptionVariables>;
