/** The Bloomberg-style vendor: listings over HTTP, prices in provider sessions. */

import { z } from 'zod';
import type { Logger } from '#platform/logger';
import { startSessionServer } from './bloomberg-sessions.ts';
import { type EmulatedRoute, type Reply, startEmulatedEndpoint } from './emulated-endpoint.ts';
import { bearerOf, type EmulatedTokens } from './emulated-tokens.ts';
import type { FaultBook } from './faults.ts';
import type { DeskListing, Submission, VendorDesk } from './vendor-desk.ts';

export interface EmulatedVendorParts {
  /** Of the endpoint, as it is shown in what it received. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly desk: VendorDesk;
  readonly tokens: EmulatedTokens;
  readonly nowMs: () => number;
  readonly logger: Logger;
}

const definitionForm = z
  .object({
    ticker: z.string(),
    longName: z.string(),
    currency: z.string(),
    clientReference: z.string(),
    weightsFile: z.object({ name: z.string(), content: z.string() }),
  })
  .transform(({ clientReference, currency, longName, ticker, weightsFile }) => ({
    code: ticker,
    name: longName,
    currency,
    clientReference,
    constituents: weightsFile.content
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => ({ symbol: row.split(',')[0] ?? '', weight: row.split(',')[1] ?? '' })),
  }));
const withdrawalForm = z.object({ ticker: z.string() });

const refusal = (code: string, message: string) => ({ error: { code, message } });
const badRequest: Reply = { status: 400, body: refusal('BAD_REQUEST', 'not in the form') };

export async function startBloombergEndpoint(parts: EmulatedVendorParts) {
  const { desk, host, tokens } = parts;
  let book: FaultBook | undefined;
  const faults = (): FaultBook => {
    if (!book) throw new Error('the endpoint has not started yet');
    return book;
  };
  const sessions = await startSessionServer({ ...parts, port: 0, faults });
  const session: EmulatedRoute = {
    at: 'LOGIN',
    answer: () => ({
      status: 201,
      body: { host, port: sessions.port, ticket: sessions.ticket() },
    }),
  };
  const endpoint = await startEmulatedEndpoint({
    ...parts,
    refusal,
    isAuthorized: (request) => tokens.isValid(bearerOf(request)),
    onDown: sessions.cut,
    routes: (own) => {
      book = own;
      return { ...listingRoutes(desk, tokens), '/v1/provider-sessions': session };
    },
  }).catch(async (error: unknown) => {
    await sessions.stop();
    throw error;
  });
  return {
    ...endpoint,
    sessions,
    async stop() {
      await sessions.stop();
      await endpoint.stop();
    },
  };
}

function listingRoutes(
  desk: VendorDesk,
  tokens: EmulatedTokens,
): Readonly<Record<string, EmulatedRoute>> {
  const submit = (body: unknown): Reply => {
    const read = definitionForm.safeParse(body);
    return read.success ? replyTo(desk.submit(read.data)) : badRequest;
  };
  return {
    '/v1/oauth/token': {
      at: 'TOKEN',
      answer: ({ body }) => {
        const issued = tokens.issue(body);
        if (issued) return { status: 200, body: issued };
        return { status: 401, body: refusal('UNAUTHORIZED', 'unknown client') };
      },
    },
    '/v1/index-listings': {
      at: 'LISTING',
      answer: ({ body, method, query }) => {
        if (method === 'POST') return submit(body);
        const tickers = (query.get('tickers') ?? '').split(',');
        const listings = tickers.flatMap((ticker) => {
          const listing = desk.listing(ticker);
          return listing ? [shown(ticker, listing, desk)] : [];
        });
        return { status: 200, body: { listings } };
      },
    },
    '/v1/index-listings/amend': { at: 'LISTING', answer: ({ body }) => submit(body) },
    '/v1/index-listings/withdraw': {
      at: 'LISTING',
      answer: ({ body }) => {
        const read = withdrawalForm.safeParse(body);
        return read.success ? replyTo(desk.withdraw(read.data.ticker)) : badRequest;
      },
    },
  };
}

function replyTo(submission: Submission): Reply {
  if (!submission.ok) return { status: 422, body: refusal(submission.code, submission.text) };
  return { status: 202, body: { requestId: submission.requestId, status: 'ACCEPTED' } };
}

function shown(ticker: string, listing: DeskListing, desk: VendorDesk) {
  const inForce = desk.inForce(ticker);
  if (!inForce) return { ticker, status: 'PENDING' };
  const { definition, kind, reason, vendorId } = inForce;
  switch (kind) {
    case 'LISTED':
      return {
        ticker,
        status: 'LISTED',
        figi: vendorId,
        clientReference: definition.clientReference,
      };
    case 'WITHDRAWN':
    case 'REJECTED':
      // A new request after the end of an old one.
      if (inForce.requestId !== listing.requestId) return { ticker, status: 'PENDING' };
      if (kind === 'WITHDRAWN') return { ticker, status: 'WITHDRAWN' };
      return {
        ticker,
        status: 'REJECTED',
        reasonCode: reason?.code ?? 'UNSPECIFIED',
        reasonText: reason?.text ?? '',
      };
  }
}
