/**
 * Listing at a Bloomberg-style vendor: a request for a new index ticker over HTTP, accepted at once
 * and decided later. The shape follows public descriptions; the vendor's own protocol is not
 * public.
 */

import { z } from 'zod';
import { formatDecimal } from '#kernel/decimal';
import {
  CLOSE_PRECISION,
  type ListingDefinition,
  type ListingState,
  TICK_PRECISION,
  type VendorListingPort,
} from '../../domain/vendor.ts';
import { authorizedCall } from './authorized-calls.ts';
import { acceptedOf, bodyOf, statesOf } from './listing-answers.ts';
import type { VendorCalls, VendorRequest } from './vendor-calls.ts';
import type { FetchedToken, VendorTokens } from './vendor-token.ts';

export interface VendorCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

const LISTINGS = '/v1/index-listings';
const MS_PER_SECOND = 1_000;

const tokenForm = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
const acceptedForm = z
  .object({ requestId: z.string(), status: z.literal('ACCEPTED') })
  .transform(({ requestId }) => requestId);
const errorForm = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

const listingForm = z.discriminatedUnion('status', [
  z.object({ ticker: z.string(), status: z.literal('PENDING') }),
  z.object({
    ticker: z.string(),
    status: z.literal('LISTED'),
    figi: z.string(),
    clientReference: z.string(),
  }),
  z.object({
    ticker: z.string(),
    status: z.literal('REJECTED'),
    reasonCode: z.string(),
    reasonText: z.string(),
  }),
  z.object({ ticker: z.string(), status: z.literal('WITHDRAWN') }),
]);
const listingsForm = z
  .object({ listings: z.array(listingForm) })
  .transform(({ listings }) => listings.map((each) => [each.ticker, stateOf(each)] as const));

function stateOf(listing: z.infer<typeof listingForm>): ListingState {
  switch (listing.status) {
    case 'PENDING':
      return { kind: 'PENDING' };
    case 'LISTED':
      return { kind: 'LISTED', vendorId: listing.figi, versionHash: listing.clientReference };
    case 'REJECTED':
      return { kind: 'REJECTED', code: listing.reasonCode, text: listing.reasonText };
    case 'WITHDRAWN':
      return { kind: 'DELISTED' };
  }
}

export function bloombergRefusal(body: unknown) {
  const parsed = errorForm.safeParse(body);
  if (!parsed.success) return { code: 'UNSPECIFIED', text: 'refused without a reason' };
  return { code: parsed.data.error.code, text: parsed.data.error.message };
}

export async function fetchBloombergToken(
  calls: VendorCalls,
  { clientId, clientSecret }: VendorCredentials,
) {
  const answer = await calls.call({
    method: 'POST',
    path: '/v1/oauth/token',
    body: {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    },
  });
  if (answer.kind === 'UNAUTHORIZED') {
    const text = 'the vendor does not know these credentials';
    return { kind: 'REJECTED', code: 'UNAUTHORIZED', text } as const;
  }
  const read = bodyOf(answer, tokenForm);
  if (read.kind !== 'BODY') return read;
  const { access_token: token, expires_in: seconds } = read.body;
  return { kind: 'TOKEN', token, expiresInMs: seconds * MS_PER_SECOND } satisfies FetchedToken;
}

export function createBloombergListing(parts: {
  readonly calls: VendorCalls;
  readonly tokens: VendorTokens;
}): VendorListingPort {
  const post = async (path: string, body: CorrelatedBody) =>
    acceptedOf(await authorizedCall(parts, postOf(path, body)), acceptedForm);
  return {
    submit: (definition) => post(LISTINGS, requestOf('add', definition)),
    amend: (definition) => post(`${LISTINGS}/amend`, requestOf('amend', definition)),
    withdraw: (code) =>
      post(`${LISTINGS}/withdraw`, { ticker: code, correlationId: `withdraw:${code}` }),
    async status(codes) {
      const path = `${LISTINGS}?tickers=${codes.map(encodeURIComponent).join(',')}`;
      return statesOf(codes, await authorizedCall(parts, { method: 'GET', path }), listingsForm);
    },
  };
}

type CorrelatedBody = Readonly<Record<string, unknown>> & { readonly correlationId: string };

function postOf(path: string, body: CorrelatedBody): VendorRequest {
  const headers = { 'x-correlation-id': body.correlationId };
  return { method: 'POST', path, body, headers };
}

/** The correlation id follows from the content: repeated, it is the same request. */
function requestOf(action: 'add' | 'amend', definition: ListingDefinition) {
  const { code, constituents, currency, description, name, versionHash } = definition;
  const rows = constituents.map(({ symbol, weight }) => `${symbol},${formatDecimal(weight)}`);
  return {
    correlationId: `${action}:${code}:${versionHash}`,
    clientReference: versionHash,
    ticker: code,
    yellowKey: 'Index',
    longName: name,
    description,
    currency,
    closePrecision: CLOSE_PRECISION,
    tickPrecision: TICK_PRECISION,
    weightsFile: {
      name: `${code}-weights.csv`,
      content: `${['ticker,weight', ...rows].join('\n')}\n`,
    },
  };
}
