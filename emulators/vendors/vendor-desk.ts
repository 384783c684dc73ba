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
const MAX_KEPT_FAULTS = 100;
const MAX_LISTINGS = 20_000;
const CODE = /^[A-Z0-9][A-Z0-9.-]{0,31}$/;

export type Submission =
  | { readonly ok: true; readonly requestId: string }
  | { readonly ok: false; readonly code: string; readonly text: string };

export interface VendorDeskParts {
  readonly nowMs: () => number;
  /** What this vendor calls its n-th listing. */
  readonly idOf: (n: number) => string;
}

export class VendorDesk {
  readonly #parts: VendorDeskParts;
  readonly #listings = new Map<string, DeskListing>();
  readonly #prices: ReceivedPrice[] = [];
  readonly #postIds = new Set<string>();
  readonly #newest = new Map<string, ReceivedPrice>();
  readonly #faultsFound: string[] = [];
  #settings: DeskSettings = { listingMs: 100, tokenMs: 3_600_000 };
  #requests = 0;
  #issued = 0;
  #refusal: { readonly code: string; readonly text: string } | null = null;

  constructor(parts: VendorDeskParts) {
    this.#parts = parts;
  }

  get settings(): DeskSettings {
    return this.#settings;
  }

  set(change: Partial<DeskSettings>): void {
    this.#settings = { ...this.#settings, ...change };
  }

  /** Takes the next request and rejects it when it decides. */
  rejectNext(code: string, text: string): void {
    this.#refusal = { code, text };
  }

  submit(definition: DeskDefinition): Submission {
    const fault = faultOf(definition);
    return fault ? { ok: false, ...fault } : this.#decide(definition, 'LISTED');
  }

  withdraw(code: string): Submission {
    const listing = this.#listings.get(code);
    if (!listing) return { ok: false, code: 'UNKNOWN_TICKER', text: `${code} is not listed` };
    return this.#decide(listing.definition, 'WITHDRAWN');
  }

  /** As it was asked for last, decided or not. */
  listing(code: string): DeskListing | null {
    return this.#listings.get(code) ?? null;
  }

  /** As of now: while a request is not decided, the listing before it stands. */
  inForce(code: string): DeskListing | null {
    const listing = this.listing(code);
    return listing && listing.decidedAtMs > this.#parts.nowMs() ? listing.before : listing;
  }

  /** Requests that changed something. */
  requests(): number {
    return this.#requests;
  }

  receive(price: Omit<ReceivedPrice, 'isRepeated' | 'receivedAtMs'>): 'TAKEN' | 'UNKNOWN' {
    if (this.inForce(price.code)?.kind !== 'LISTED') return 'UNKNOWN';
    const isRepeated = this.#postIds.has(price.postId);
    const received = { ...price, isRepeated, receivedAtMs: this.#parts.nowMs() };
    this.#prices.push(received);
    if (this.#prices.length > MAX_KEPT_PRICES) this.#prices.shift();
    this.#judgeOrder(received);
    if (this.#postIds.size >= MAX_KEPT_POST_IDS) this.#postIds.clear();
    this.#postIds.add(price.postId);
    this.#newest.set(price.code, received);
    return 'TAKEN';
  }

  /** Of all prices ever received, the last ones. */
  prices(): readonly ReceivedPrice[] {
    return this.#prices;
  }

  newest(code: string): ReceivedPrice | undefined {
    return this.#newest.get(code);
  }

  /** Prices out of order, the first ones: empty for a client that keeps its promises. */
  faultsFound(): readonly string[] {
    return this.#faultsFound;
  }

  #judgeOrder({ code, isRepeated, postId, sequence }: ReceivedPrice): void {
    const last = this.#newest.get(code);
    if (!last || this.#faultsFound.length >= MAX_KEPT_FAULTS) return;
    if (isRepeated && last.postId !== postId) {
      this.#faultsFound.push(`${code}: ${postId} again after ${last.postId}`);
    }
    if (!isRepeated && sequence <= last.sequence) {
      this.#faultsFound.push(`${code}: sequence ${sequence} after ${last.sequence}`);
    }
  }

  #decide(definition: DeskDefinition, kind: 'LISTED' | 'WITHDRAWN'): Submission {
    const { code } = definition;
    const last = this.listing(code);
    const isSame =
      last?.kind === kind && last.definition.clientReference === definition.clientReference;
    if (isSame) return { ok: true, requestId: last.requestId };
    if (!last && this.#listings.size >= MAX_LISTINGS) {
      return { ok: false, code: 'TOO_MANY', text: `at most ${MAX_LISTINGS} listings` };
    }
    this.#requests += 1;
    const requestId = `REQ${this.#requests}`;
    const before = this.inForce(code);
    this.#listings.set(code, {
      requestId,
      definition,
      kind: this.#refusal ? 'REJECTED' : kind,
      decidedAtMs: this.#parts.nowMs() + this.#settings.listingMs,
      vendorId: before?.kind === 'LISTED' ? before.vendorId : this.#newId(),
      before: before && { ...before, before: null },
      reason: this.#refusal,
    });
    this.#refusal = null;
    return { ok: true, requestId };
  }

  #newId(): string {
    this.#issued += 1;
    return this.#parts.idOf(this.#issued);
  }
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
