/** For tests: speaks to the orders subgraph as a trader of one account. */

import type { RequestContext } from '#platform/request-context';
import { follow, type OrdersPlatform } from '../workers/orders-test-support.ts';

export interface Asks {
  data(document: string, variables?: Readonly<Record<string, unknown>>): Promise<unknown>;
}

export type Input = Readonly<Record<string, unknown>>;

export interface Update {
  readonly sequence: string;
  readonly execType: string;
  readonly lastQty: string | null;
  readonly lastPx: string | null;
  readonly order: {
    readonly ordStatus: string;
    readonly cumQty: string;
    readonly leavesQty: string;
    readonly executions: readonly unknown[];
  };
}

const ORDER = `fragment figures on Order { clOrdId ordStatus orderQty cumQty leavesQty avgPx price
  rejectReason alarm instrument { id } checks { code passed limit actual }
  executions { execId lastQty lastPx ordStatus positionStatus positionRefusal } }`;
export const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
  __typename ... on OrderAccepted { duplicate order { ...figures } }
  ... on OrderRefused { reason message order { ...figures } } } } ${ORDER}`;
const CANCEL = `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) {
  __typename ... on OrderCanceled { order { ...figures } }
  ... on OrderCancelRefused { reason message } } } ${ORDER}`;
const REPLACE = `mutation ($input: ReplaceOrderInput!) { replaceOrder(input: $input) {
  __typename ... on OrderReplaced { order { ...figures } }
  ... on OrderReplaceRefused { reason message } } } ${ORDER}`;
const DEPOSIT = `mutation ($input: DepositCashInput!) { depositCash(input: $input) {
  __typename ... on CashDeposited { duplicate account { id } deposited { amount currency } }
  ... on DepositRefused { reason message } } }`;
const CASH = `query ($id: String!) { account(accountId: $id) { balances {
  currency balance { amount } reserved { amount } available { amount } } } }`;
const ONE_ORDER = `query ($id: String!) { order(clOrdId: $id) { ...figures } } ${ORDER}`;
export const UPDATES = `subscription ($filter: OrderFilter, $after: String) {
  orderUpdated(filter: $filter, after: $after) { sequence execType execId lastQty lastPx
    order { ordStatus cumQty leavesQty executions { execId } } } }`;

export interface Cash {
  readonly currency: string;
  readonly balance: string;
  readonly reserved: string;
  readonly available: string;
}

interface CashAnswer {
  readonly account: {
    readonly balances: readonly {
      readonly currency: string;
      readonly balance: { readonly amount: string };
      readonly reserved: { readonly amount: string };
      readonly available: { readonly amount: string };
    }[];
  } | null;
}

export type OrdersClient = ReturnType<typeof ordersClient>;

/** Orders are 100 AAPL at a limit of 100 USD, unless told otherwise. */
export function ordersClient(options: {
  readonly platform: OrdersPlatform;
  readonly asks: Asks;
  readonly request: RequestContext;
  readonly accountId: string;
}) {
  const { platform, asks, request, accountId } = options;

  async function ask(document: string, input: Input): Promise<unknown> {
    const data = await asks.data(document, { input });
    return Object.values(data as Record<string, unknown>)[0];
  }

  function orderInput(input: Input = {}): Input {
    return {
      clOrdId: `${accountId}-1`,
      accountId,
      bookId: 'BOOK-1',
      symbol: 'AAPL',
      side: 'BUY',
      ordType: 'LIMIT',
      orderQty: '100',
      price: '100',
      ...input,
    };
  }

  async function updates(after: string | null, filter: Input = { accountId }) {
    const variables = { filter, after };
    return follow<{ orderUpdated: Update }>(platform.subgraph, request, UPDATES, variables);
  }

  /** From the first update of the account until one fits. */
  async function until(fits: (update: Update) => boolean): Promise<readonly Update[]> {
    const seen: Update[] = [];
    for await (const { orderUpdated } of await updates('0')) {
      seen.push(orderUpdated);
      if (fits(orderUpdated)) break;
    }
    return seen;
  }

  return {
    accountId,
    orderInput,
    place: (input?: Input) => ask(PLACE, orderInput(input)),
    cancel: (input: Input) => ask(CANCEL, { clOrdId: `${accountId}-1`, ...input }),
    replace: (input: Input) => ask(REPLACE, { clOrdId: `${accountId}-1`, ...input }),
    deposit: (amount: string, input: Input = {}) =>
      ask(DEPOSIT, { accountId, amount, currency: 'USD', commandId: `${accountId}-D1`, ...input }),
    updates,
    until,
    untilStatus: (status: string) => until(({ order }) => order.ordStatus === status),
    cash: () => cashOf(asks, accountId),
    order: (clOrdId = `${accountId}-1`) => orderOf(asks, clOrdId),
  };
}

async function cashOf(asks: Asks, id: string): Promise<readonly Cash[] | null> {
  const { account } = (await asks.data(CASH, { id })) as CashAnswer;
  const balances = account?.balances.map(({ currency, balance, reserved, available }) => ({
    currency,
    balance: balance.amount,
    reserved: reserved.amount,
    available: available.amount,
  }));
  return balances ?? null;
}

async function orderOf(asks: Asks, id: string): Promise<Record<string, unknown>> {
  const data = await asks.data(ONE_ORDER, { id });
  return (data as { order: Record<string, unknown> }).order;
}
