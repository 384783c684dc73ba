/**
 * Listing at a Refinitiv-style vendor: instruments for contribution over HTTP, accepted at once and
 * decided later. RICs of indices begin with a point.
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
import type { VendorCredentials } from './bloomberg-style-listing.ts';
import { acceptedOf, bodyOf, statesOf } from './listing-answers.ts';
import type { VendorCalls } from './vendor-calls.ts';
import type { FetchedToken, VendorTokens } from './vendor-token.ts';

const INSTRUMENTS = '/contributions/v1/instruments';
const MS_PER_SECOND = 1_000;

export const ricOf = (code: string): string => `.${code}`;
const codeOf = (ric: string): string => ric.slice(1);

const tokenForm = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
const acceptedForm = z
  .object({ ServiceRequestId: z.string(), State: z.literal('Accepted') })
  .transform(({ ServiceRequestId }) => ServiceRequestId);
const errorForm = z.object({ Error: z.object({ Code: z.string(), Text: z.string() }) });

const instrumentForm = z.discriminatedUnion('State', [
  z.object({ RIC: z.string(), State: z.literal('Pending') }),
  z.object({
    RIC: z.string(),
    State: z.literal('Active'),
    PermID: z.string(),
    ClientReference: z.string(),
  }),
  z.object({
    RIC: z.string(),
    State: z.literal('Refused'),
    RefusalCode: z.string(),
    RefusalText: z.string(),
  }),
  z.object({ RIC: z.string(), State: z.literal('Deleted') }),
]);
const instrumentsForm = z
  .object({ Instruments: z.array(instrumentForm) })
  .transform(({ Instruments }) =>
    Instruments.map((each) => [codeOf(each.RIC), stateOf(each)] as const),
  );

function stateOf(instrument: z.infer<typeof instrumentForm>): ListingState {
  switch (instrument.State) {
    case 'Pending':
      return { kind: 'PENDING' };
    case 'Active':
      return {
        kind: 'LISTED',
        vendorId: instrument.PermID,
        versionHash: instrument.ClientReference,
      };
    case 'Refused':
      return { kind: 'REJECTED', code: instrument.RefusalCode, text: instrument.RefusalText };
    case 'Deleted':
      return { kind: 'DELISTED' };
  }
}

export function refinitivRefusal(body: unknown) {
  const parsed = errorForm.safeParse(body);
  if (!parsed.success) return { code: 'Unspecified', text: 'refused without a reason' };
  return { code: parsed.data.Error.Code, text: parsed.data.Error.Text };
}

export async function fetchRefinitivToken(
  calls: VendorCalls,
  { clientId, clientSecret }: VendorCredentials,
) {
  const answer = await calls.call({
    method: 'POST',
    path: '/auth/oauth2/v1/token',
    body: {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'trapi.streaming.pricing.write',
    },
  });
  if (answer.kind === 'UNAUTHORIZED') {
    const text = 'the vendor does not know these credentials';
    return { kind: 'REJECTED', code: 'AccessDenied', text } as const;
  }
  const read = bodyOf(answer, tokenForm);
  if (read.kind !== 'BODY') return read;
  const { access_token: token, expires_in: seconds } = read.body;
  return { kind: 'TOKEN', token, expiresInMs: seconds * MS_PER_SECOND } satisfies FetchedToken;
}

export function createRefinitivListing(parts: {
  readonly calls: VendorCalls;
  readonly tokens: VendorTokens;
}): VendorListingPort {
  const post = async (body: object) =>
    acceptedOf(
      await authorizedCall(parts, { method: 'POST', path: INSTRUMENTS, body }),
      acceptedForm,
    );
  return {
    submit: (definition) => post(requestOf('Add', definition)),
    amend: (definition) => post(requestOf('Change', definition)),
    withdraw: (code) => post({ Action: 'Delete', RIC: ricOf(code) }),
    async status(codes) {
      const rics = codes.map((code) => encodeURIComponent(ricOf(code)));
      const path = `${INSTRUMENTS}?rics=${rics.join(',')}`;
      return statesOf(codes, await authorizedCall(parts, { method: 'GET', path }), instrumentsForm);
    },
  };
}

/** The vendor knows a repetition by its client reference. */
function requestOf(action: 'Add' | 'Change', definition: ListingDefinition) {
  const { code, constituents, currency, description, name, versionHash } = definition;
  return {
    Action: action,
    RIC: ricOf(code),
    ClientReference: versionHash,
    DisplayName: name,
    Description: description,
    Currency: currency,
    Precision: { Close: CLOSE_PRECISION, Tick: TICK_PRECISION },
    Constituents: constituents.map(({ symbol, weight }) => ({
      Symbol: symbol,
      Weight: formatDecimal(weight),
    })),
  };
}
