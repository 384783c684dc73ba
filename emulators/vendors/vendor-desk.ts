/**
 * What an emulated vendor keeps behind its endpoints: listings, which it decides some time after it
 * took them, the prices it was sent, and whatever was wrong with them. Both endpoints share it.
 */

import { parseDecimal } from '#kernel/decimal';
import { figiCheckDigit } from '#kernel/identifiers';

export interface DeskDefinition {
  readonly code: string;
  readonly name: string;
  readonly currency: string;
  readonly clientReference: string;
  readonly constituents: readonly { readonly symbol: string; readonly weight: string }[];
}

export interface DeskListing {
  readonly requestId: string;
  readonly definition: DeskDefinition;
  readonly kind: 'LISTED' | 'REJECTED' | 'WITHDRAWN';
  /** PENDING before: then the listing that was in force before still is. */
  readonly decidedAtMs: number;
  readonly vendorId: string;
  readonly before: DeskListing | null;
  readonly reason: { readonly code: string; readonly text: string } | null;
}

export interface ReceivedPrice {
  readonly endpoint: string;
  readonly connection: number;
  readonly code: string;
  readonly postId: string;
  readonly sequence: number;
  readonly isImage: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly receivedAtMs: number;
  /** Known by its PostID: it changed nothing. */
  readonly isRepeated: boolean;
}

export interface DeskSettings {
  /** From the acceptance of a request to its decision. */
  readonly listingMs: number;
  readonly tokenMs: number;
}

export const MAX_KEPT_PRICES = 20_000;
const MAX_KEPT_POST_IDS = 100_000;
const MAX_LISTINGS = 20_000;
const CODE = /^[A-Z0-9][A-Z0-9.-]{0,31}$/;

export type Submission =
  | { readonly ok: true; readonly requestId: string }
  | { readonly ok: false; readonly code: string; readonly text: string };

export type VendorDesk = ReturnType<typeof createVendorDesk>;

export function createVendorDesk({
  nowMs,
  idOf,
}: {
  readonly nowMs: () => number;
  /** What this vendor calls its n-th listing. */
  readonly idOf: (n: number) => string;
}) {
  const listings = new Map<string, DeskListing>();
  const prices: ReceivedPrice[] = [];
  const postIds = new Set<string>();
  const newest = new Map<string, ReceivedPrice>();
  const faultsFound: string[] = [];
  const waiting = new Set<() => void>();
  let settings: DeskSettings = { listingMs: 100, tokenMs: 3_600_000 };
  let requests = 0;
  let issued = 0;
  let refuseNext: { readonly code: string; readonly text: string } | null = null;

  const tell = (): void => {
    for (const look of waiting) look();
  };

  /** The listing as of now, or the one that stands until it is decided. */
  function inForce(code: string): DeskListing | null {
    const listing = listings.get(code) ?? null;
    return listing && listing.decidedAtMs > nowMs() ? listing.before : listing;
  }

  function decide(definition: DeskDefinition, kind: 'LISTED' | 'WITHDRAWN'): Submission {
    const { code } = definition;
    const last = listings.get(code) ?? null;
    const isSame =
      last?.kind === kind && last.definition.clientReference === definition.clientReference;
    if (isSame) return { ok: true, requestId: last.requestId };
    if (listings.size >= MAX_LISTINGS) {
      return { ok: false, code: 'TOO_MANY', text: `at most ${MAX_LISTINGS} listings` };
    }
    requests += 1;
    const before = inForce(code);
    listings.set(code, {
      requestId: `REQ${requests}`,
      definition,
      kind: refuseNext ? 'REJECTED' : kind,
      decidedAtMs: nowMs() + settings.listingMs,
      vendorId: before?.kind === 'LISTED' ? before.vendorId : idOf((issued += 1)),
      before: before && { ...before, before: null },
      reason: refuseNext,
    });
    refuseNext = null;
    tell();
    return { ok: true, requestId: `REQ${requests}` };
  }

  function receive(price: Omit<ReceivedPrice, 'isRepeated' | 'receivedAtMs'>): 'TAKEN' | 'UNKNOWN' {
    if (inForce(price.code)?.kind !== 'LISTED') return 'UNKNOWN';
    const isRepeated = postIds.has(price.postId);
    const received = { ...price, isRepeated, receivedAtMs: nowMs() };
    prices.push(received);
    if (prices.length > MAX_KEPT_PRICES) prices.splice(0, prices.length - MAX_KEPT_PRICES);
    const last = newest.get(price.code);
    if (isRepeated && last?.postId !== price.postId) {
      faultsFound.push(`${price.code}: ${price.postId} again after ${last?.postId ?? 'nothing'}`);
    }
    if (!isRepeated && last && price.sequence <= last.sequence) {
      faultsFound.push(`${price.code}: sequence ${price.sequence} after ${last.sequence}`);
    }
    if (postIds.size >= MAX_KEPT_POST_IDS) postIds.clear();
    postIds.add(price.postId);
    newest.set(price.code, received);
    tell();
    return 'TAKEN';
  }

  return {
    get settings() {
      return settings;
    },
    set(change: Partial<DeskSettings>): void {
      settings = { ...settings, ...change };
    },
    /** Takes the next request and rejects it when it decides. */
    rejectNext(code: string, text: string): void {
      refuseNext = { code, text };
    },
    submit(definition: DeskDefinition): Submission {
      const fault = faultOf(definition);
      return fault ? { ok: false, ...fault } : decide(definition, 'LISTED');
    },
    withdraw(code: string): Submission {
      const listing = listings.get(code);
      if (!listing) return { ok: false, code: 'UNKNOWN_TICKER', text: `${code} is not listed` };
      return decide(listing.definition, 'WITHDRAWN');
    },
    listing: (code: string) => listings.get(code) ?? null,
    inForce,
    receive,
    /** Of all prices ever received, the last ones. */
    prices: (): readonly ReceivedPrice[] => prices,
    newest: (code: string): ReceivedPrice | undefined => newest.get(code),
    /** Prices out of order: empty for a client that keeps its promises. */
    faultsFound: (): readonly string[] => faultsFound,
    requests: () => requests,
    /** Resolves when `isTrue` after something was received; at once when it is already. */
    until(isTrue: () => boolean): Promise<void> {
      return new Promise((resolve) => {
        const look = (): void => {
          if (!isTrue()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
  };
}

function faultOf({ code, constituents, currency, name }: DeskDefinition) {
  const weights = constituents.map(({ weight }) => parseDecimal(weight));
  const sum = weights.reduce((total, each) => total + (each.ok ? each.value : 0n), 0n);
  const symbols = new Set(constituents.map(({ symbol }) => symbol));
  if (!CODE.test(code)) {
    return { code: 'BAD_TICKER', text: `expected up to 32 capitals and digits, was ${code}` };
  }
  if (name.trim() === '') return { code: 'BAD_NAME', text: 'expected a name' };
  if (!/^[A-Z]{3}$/.test(currency)) {
    return { code: 'BAD_CURRENCY', text: `expected an ISO 4217 code, was ${currency}` };
  }
  if (constituents.length === 0 || symbols.size < constituents.length) {
    return { code: 'BAD_CONSTITUENTS', text: 'expected one or more, each once' };
  }
  if (weights.some((weight) => !weight.ok) || sum !== WEIGHTS_SUM) {
    return { code: 'BAD_WEIGHTS', text: 'weights sum to 1 exactly' };
  }
  return null;
}

const WEIGHTS_SUM = 100_000_000n;
const FIGI_ALPHABET = '0123456789BCDFGHJKLMNPQRSTVWXYZ';
const FIGI_PLACES = 8;

/** Valid in form, with its check digit, and of no instrument: an emulator gave it. */
export function figiLike(n: number): string {
  let rest = n;
  let body = '';
  for (let place = 0; place < FIGI_PLACES; place += 1) {
    body = (FIGI_ALPHABET[rest % FIGI_ALPHABET.length] ?? '0') + body;
    rest = Math.floor(rest / FIGI_ALPHABET.length);
  }
  return `BBG${body}${figiCheckDigit(`BBG${body}`)}`;
}

/** In the range of organisation-free numbers, long as a PermID is. */
export const permIdLike = (n: number): string => String(99_000_000_000 + n);
