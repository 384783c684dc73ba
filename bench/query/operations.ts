/** The queries that are asked, by how many subgraphs answer them. */

const INSTRUMENT = `instrument {
  id symbol name currency sector
  latestPrice { value currency eventTime quality }
}`;

const positions = (more: string) => `positions(bookId: $bookId, first: 20) {
  edges {
    node {
      id bookId quantity averageCost effectiveAt
      costBasis { amount currency }
      realizedPnl { amount currency }
      ${more}
    }
  }
  pageInfo { hasNextPage endCursor }
}`;

const BASKET = `basket(code: $code) {
  id code name
  level { value asOf }
  constituents { weight units ${INSTRUMENT} }
}`;

const ORDERS = `orders(accountId: "ACC-1", first: 20) {
  edges { node { id clOrdId side orderQty cumQty avgPx placedAt ${INSTRUMENT} } }
}`;

const PORTFOLIO = `portfolio(bookIds: [$bookId]) {
  currency
  value { amount currency }
  exposuresBySector { key weight net { amount currency } }
  holdings { quantity weight marketValue { amount currency } ${INSTRUMENT} }
}`;

export interface Operation {
  readonly subgraphs: number;
  /** The body of the request. */
  readonly body: string;
}

export const OPERATIONS: readonly Operation[] = [
  operation(1, `query Positions($bookId: String!) { ${positions('')} }`),
  operation(
    3,
    `query PositionsAndBasket($bookId: String!, $code: String!) {
      ${positions(INSTRUMENT)}
      ${BASKET}
    }`,
  ),
  operation(
    5,
    `query Everything($bookId: String!, $code: String!) {
      ${positions(INSTRUMENT)}
      ${BASKET}
      ${ORDERS}
      ${PORTFOLIO}
    }`,
  ),
];

function operation(subgraphs: number, query: string): Operation {
  const variables = { bookId: 'BOOK-1', code: 'SAMPLE20' };
  return { subgraphs, body: JSON.stringify({ query, variables }) };
}
