/** The Refinitiv-style vendor: instruments over HTTP, prices over WebSocket. */

import { z } from 'zod';
import type { EmulatedVendorParts } from './bloomberg-emulator.ts';
import { type EmulatedRoute, type Reply, startEmulatedEndpoint } from './emulated-endpoint.ts';
import { bearerOf, type EmulatedTokens } from './emulated-tokens.ts';
import { serveSockets } from './refinitiv-sockets.ts';
import type { DeskListing, Submission, VendorDesk } from './vendor-desk.ts';

const ricForm = z.string().regex(/^\../);
const definitionForm = z
  .object({
    Action: z.enum(['Add', 'Change']),
    RIC: ricForm,
    DisplayName: z.string(),
    Currency: z.string(),
    ClientReference: z.string(),
    Constituents: z.array(z.object({ Symbol: z.string(), Weight: z.string() })),
  })
  .transform(({ ClientReference, Constituents, Currency, DisplayName, RIC }) => ({
    code: RIC.slice(1),
    name: DisplayName,
    currency: Currency,
    clientReference: ClientReference,
    constituents: Constituents.map(({ Symbol: symbol, Weight: weight }) => ({ symbol, weight })),
  }));
const deletionForm = z.object({ Action: z.literal('Delete'), RIC: ricForm });

const refusal = (code: string, text: string) => ({ Error: { Code: code, Text: text } });

export async function startRefinitivEndpoint(parts: EmulatedVendorParts) {
  const { desk, tokens } = parts;
  let cut = (): void => undefined;
  const endpoint = await startEmulatedEndpoint({
    ...parts,
    refusal,
    isAuthorized: (request) => tokens.isValid(bearerOf(request)),
    onDown: () => cut(),
    routes: () => instrumentRoutes(desk, tokens),
  });
  const sockets = serveSockets(endpoint.server, { ...parts, faults: endpoint.faults });
  cut = sockets.cut;
  return {
    ...endpoint,
    sessions: sockets,
    async stop() {
      await sockets.stop();
      await endpoint.stop();
    },
  };
}

function instrumentRoutes(
  desk: VendorDesk,
  tokens: EmulatedTokens,
): Readonly<Record<string, EmulatedRoute>> {
  return {
    '/auth/oauth2/v1/token': {
      at: 'TOKEN',
      answer: ({ body }) => {
        const issued = tokens.issue(body);
        if (issued) return { status: 200, body: issued };
        return { status: 401, body: refusal('AccessDenied', 'unknown client') };
      },
    },
    '/contributions/v1/instruments': {
      at: 'LISTING',
      answer: ({ body, method, query }) => {
        if (method === 'POST') return change(desk, body);
        const rics = (query.get('rics') ?? '').split(',');
        const instruments = rics.flatMap((ric) => {
          const listing = desk.listing(ric.slice(1));
          return listing ? [shown(ric, listing, desk)] : [];
        });
        return { status: 200, body: { Instruments: instruments } };
      },
    },
  };
}

function change(desk: VendorDesk, body: unknown): Reply {
  const deletion = deletionForm.safeParse(body);
  if (deletion.success) return replyTo(desk.withdraw(deletion.data.RIC.slice(1)));
  const definition = definitionForm.safeParse(body);
  if (definition.success) return replyTo(desk.submit(definition.data));
  return { status: 400, body: refusal('BadRequest', 'not in the form') };
}

function replyTo(submission: Submission): Reply {
  if (!submission.ok) return { status: 422, body: refusal(submission.code, submission.text) };
  return { status: 202, body: { ServiceRequestId: submission.requestId, State: 'Accepted' } };
}

function shown(ric: string, listing: DeskListing, desk: VendorDesk) {
  const inForce = desk.inForce(ric.slice(1));
  const isOver = inForce?.kind !== 'LISTED' && inForce?.requestId !== listing.requestId;
  if (!inForce || isOver) return { RIC: ric, State: 'Pending' };
  const { definition, kind, reason, vendorId } = inForce;
  switch (kind) {
    case 'LISTED':
      return {
        RIC: ric,
        State: 'Active',
        PermID: vendorId,
        ClientReference: definition.clientReference,
      };
    case 'WITHDRAWN':
      return { RIC: ric, State: 'Deleted' };
    case 'REJECTED':
      return {
        RIC: ric,
        State: 'Refused',
        RefusalCode: reason?.code ?? 'Unspecified',
        RefusalText: reason?.text ?? '',
      };
  }
}
