/**
 * Clients that record trades without pause and send again whatever was not answered, and a ledger
 * of what they were promised. Beside fresh trades they send the same one again: later, twice in a
 * request, in two requests at once, after hanging up, and its id with another body.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { SendAgain } from './positions-process.ts';
import type { Chance } from './seeded-random.ts';

export const FIRE_BOOK = 'FIRE';

export interface FireTrade {
  readonly tradeId: string;
  readonly bookId: string;
  readonly accountId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  /** Whole units and prices: then the audit can work with plain numbers. */
  readonly quantity: string;
  readonly price: string;
  readonly effectiveDate: string;
}

export interface FireAnswer {
  readonly tradeId: string;
  /** Null when refused. */
  readonly version: number | null;
  readonly duplicate: boolean;
  /** Null when recorded. */
  readonly reason: string | null;
}

export type FireChange =
  { readonly type: 'BUST' } | { readonly type: 'AMEND'; readonly price: string };

export interface ChangeAnswer {
  /** Null when refused. */
  readonly version: number | null;
  readonly duplicate: boolean;
  /** Why it was refused. */
  readonly reason?: string;
}

export interface Ledger {
  /** As first sent. */
  readonly sent: Map<string, FireTrade>;
  /** The version it was acknowledged with. */
  readonly acknowledged: Map<string, number>;
  /** Answered as new, and not as a duplicate: at most once each. */
  readonly countedFirst: Set<string>;
  /** What became of acknowledged trades: gone, or at another price. */
  readonly changes: Map<string, FireChange>;
  /** Answers that contradict each other or the rules, one sentence each. */
  readonly faults: string[];
}

export interface FireOptions {
  /** Throws SendAgain when the same may be sent once more. */
  readonly send: (
    trades: readonly FireTrade[],
    signal?: AbortSignal,
  ) => Promise<readonly FireAnswer[]>;
  /** Left out: no trade is busted or amended. */
  readonly change?: (tradeId: string, change: FireChange) => Promise<ChangeAnswer>;
  readonly chance: Chance;
  readonly clients: number;
  /** Accounts with one position each. */
  readonly accounts: number;
  readonly today: string;
  /** Of the trades. Default none. */
  readonly lateShare?: number;
  /** Marks the ids of this fire's trades. Default `T`. */
  readonly name?: string;
  /** Goes on with what an earlier fire was promised. */
  readonly ledger?: Ledger;
}

export interface Fire {
  readonly ledger: Ledger;
  /** Resolves when that many trades are acknowledged. */
  acknowledged(count: number): Promise<void>;
  /** Lets every client bring its request to an end. */
  cease(): Promise<void>;
}

/** Of the trades: sent again later, twice in a request, or with another body. */
const DUPLICATE_SHARE = 0.01;
/** Of the requests: sent by two at once, or by a client that hangs up and sends again. */
const ODD_REQUEST_SHARE = 0.02;
/** Of the requests: a trade of it is busted afterwards, or amended. */
const CHANGE_SHARE = 0.08;
const MAX_TRADES_PER_REQUEST = 5;
const HANG_UP_WITHIN_MS = 15;
const PAUSE_BEFORE_SENDING_AGAIN_MS = 15;
const MAX_ATTEMPTS = 2_000;
const MAX_QUANTITY = 20;
const LOWEST_PRICE = 10;
const PRICES = 90;
const LATEST_DAYS = 40;
const DAY_MS = 86_400_000;

export function newLedger(): Ledger {
  return {
    sent: new Map(),
    acknowledged: new Map(),
    countedFirst: new Set(),
    changes: new Map(),
    faults: [],
  };
}

export function openFire(options: FireOptions): Fire {
  const ledger = options.ledger ?? newLedger();
  const state = { isCeasing: false };
  const working = Array.from({ length: options.clients }, async (_, client) => {
    for (let request = 0; !state.isCeasing; request += 1) {
      await oneRequest(options, ledger, `${options.name ?? 'T'}-${client}-${request}`);
    }
  });
  // A client ends early only by a defect; `cease` says which.
  const failed = Promise.all(working).then(() => undefined);
  failed.catch(() => undefined);
  return {
    ledger,
    async acknowledged(count) {
      while (ledger.acknowledged.size < count) {
        await Promise.race([delay(1), failed]);
      }
    },
    async cease() {
      state.isCeasing = true;
      await failed;
    },
  };
}

async function oneRequest(options: FireOptions, ledger: Ledger, name: string): Promise<void> {
  const { chance, send } = options;
  const trades = tradesOf(options, ledger, name);
  for (const trade of trades) {
    if (!ledger.sent.has(trade.tradeId)) ledger.sent.set(trade.tradeId, trade);
  }
  if (chance.happens(ODD_REQUEST_SHARE)) {
    const signal = AbortSignal.timeout(chance.below(HANG_UP_WITHIN_MS));
    await send(trades, signal).catch(() => undefined);
  }
  const copies = chance.happens(ODD_REQUEST_SHARE) ? [trades, trades] : [trades];
  const answers = await Promise.all(copies.map((each) => deliver(() => send(each))));
  answers.forEach((each, copy) => note(ledger, copies[copy] ?? [], each));
  const [first] = trades;
  if (first !== undefined && chance.happens(CHANGE_SHARE)) await changed(options, ledger, first);
}

/** Busts or amends the trade, now and then by two requests at once. */
async function changed(options: FireOptions, ledger: Ledger, trade: FireTrade): Promise<void> {
  const { chance, change } = options;
  if (change === undefined) return;
  const { tradeId } = trade;
  const wish: FireChange = chance.happens(0.5)
    ? { type: 'BUST' }
    : { type: 'AMEND', price: String(Number(trade.price) + 1) };
  ledger.changes.set(tradeId, wish);
  const copies = chance.happens(0.1) ? [1, 2] : [1];
  const answers = await Promise.all(copies.map(() => deliver(() => change(tradeId, wish))));
  const versions = new Set(answers.map(({ version }) => version));
  if (versions.size > 1 || versions.has(null)) {
    ledger.faults.push(`${wish.type} of ${tradeId}: ${JSON.stringify(answers)}`);
  }
  if (answers.filter(({ duplicate }) => !duplicate).length > 1) {
    ledger.faults.push(`${wish.type} of ${tradeId} was counted twice: ${JSON.stringify(answers)}`);
  }
}

async function deliver<T>(send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof SendAgain) || attempt === MAX_ATTEMPTS) throw error;
      await delay(PAUSE_BEFORE_SENDING_AGAIN_MS);
    }
  }
}

function tradesOf(options: FireOptions, ledger: Ledger, name: string): readonly FireTrade[] {
  const { chance } = options;
  const fresh = Array.from({ length: 1 + chance.below(MAX_TRADES_PER_REQUEST) }, (_, n) =>
    freshTrade(options, `${name}-${n}`),
  );
  const again = fresh.flatMap((trade) => {
    if (!chance.happens(DUPLICATE_SHARE)) return [];
    const earlier = [...ledger.acknowledged.keys()][chance.below(ledger.acknowledged.size)];
    const known = earlier === undefined ? undefined : ledger.sent.get(earlier);
    if (known === undefined) return [trade];
    const otherBody = { ...known, price: String(Number(known.price) + 1) };
    return [trade, known, otherBody];
  });
  return [...fresh, ...again];
}

function freshTrade({ chance, accounts, today, lateShare = 0 }: FireOptions, tradeId: string) {
  const isLate = chance.happens(lateShare);
  const daysBack = isLate ? 1 + chance.below(LATEST_DAYS) : 0;
  const trade: FireTrade = {
    tradeId,
    bookId: FIRE_BOOK,
    accountId: `ACC-${chance.below(accounts)}`,
    symbol: 'AAPL',
    side: chance.happens(0.5) ? 'BUY' : 'SELL',
    quantity: String(1 + chance.below(MAX_QUANTITY)),
    price: String(LOWEST_PRICE + chance.below(PRICES)),
    effectiveDate: new Date(Date.parse(today) - daysBack * DAY_MS).toISOString().slice(0, 10),
  };
  return trade;
}

/** Holds the answers against the ledger. */
function note(ledger: Ledger, trades: readonly FireTrade[], answers: readonly FireAnswer[]): void {
  const { sent, acknowledged, countedFirst, faults } = ledger;
  trades.forEach((trade, index) => {
    const answer = answers[index];
    const what = `${trade.tradeId}: ${JSON.stringify(answer)}`;
    if (answer?.tradeId !== trade.tradeId) {
      faults.push(`${what} is not the answer to the trade in its place`);
    } else if (sent.get(trade.tradeId)?.price !== trade.price) {
      const isRefused = answer.reason === 'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT';
      if (!isRefused) faults.push(`${what} does not refuse another body`);
    } else if (answer.version === null) {
      faults.push(`${what} refuses a good trade`);
    } else {
      const before = acknowledged.get(trade.tradeId);
      if (before !== undefined && before !== answer.version) {
        faults.push(`${what} was acknowledged as version ${before}`);
      }
      if (!answer.duplicate && countedFirst.has(trade.tradeId)) {
        faults.push(`${what} was counted as new before`);
      }
      if (!answer.duplicate) countedFirst.add(trade.tradeId);
      acknowledged.set(trade.tradeId, answer.version);
    }
  });
}
