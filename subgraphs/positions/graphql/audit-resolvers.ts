/** The audit trail: events of all positions, as they are kept. */

import { type BusinessDate, businessDate } from '#kernel/business-date';
import { connectionOf, pageRequest } from '#platform/connection';
import { invariant } from '#platform/errors';
import { type AuditedEvent, currencyOf } from '../domain/audited-event.ts';
import { POSITION_EVENT_TYPES } from '../domain/position-event.ts';
import { SIDES } from '../domain/trade.ts';
import { auditEvents } from '../use-cases/audit-events.ts';
import { moneyOf, presentSummary } from './present.ts';
import type { Resolvers } from './types.generated.ts';

const AUDIT_PAGE = { list: 'positionEvents', defaultFirst: 100, keyParts: 3 };

export const auditResolvers = {
  Query: {
    positionEvents: async (_root, { filter, ...args }, { deps }) => {
      const page = pageRequest(args, AUDIT_PAGE);
      const { position, from, to, ...conditions } = filter ?? {};
      const asked = position && {
        ...position,
        currency: position.currency ?? null,
        contractId: position.contractId ?? null,
      };
      const wanted = { ...conditions, position: asked ?? undefined, fromMs: from, toMs: to };
      const rows = await auditEvents(deps, wanted, page);
      return connectionOf(rows, page, {
        keyOf: (event) => [event.recordedAt, event.positionKey, String(event.version)],
        nodeOf: (event) => event,
      });
    },
  },

  AuditedEvent: {
    id: ({ positionKey, version }) => `${positionKey}#${version}`,
    position: async ({ positionKey }, _args, { deps, loaders }) => {
      const summary = await loaders.positionByKey.load(positionKey);
      invariant(summary, `${positionKey} has an event`);
      return presentSummary(summary, deps.clock.today());
    },
    type: ({ type }) => {
      const known = POSITION_EVENT_TYPES.find((each) => each === type);
      invariant(known, `stored event type ${type} is known`);
      return known;
    },
    effectiveDate: ({ effectiveDate }): BusinessDate => businessDate(effectiveDate),
    recordedAt: ({ recordedAt }) => Date.parse(recordedAt),
    executedAt: ({ executedAt }) => (executedAt === null ? null : Date.parse(executedAt)),
    side: ({ side }) => SIDES.find((each) => each === side) ?? null,
    price: (event) => money(event, event.price),
    fees: (event) => money(event, event.fees),
    payload: ({ payloadText }) => payloadText,
    lots: ({ lotsText }) => lotsText,
  },
} satisfies Resolvers;

function money(event: AuditedEvent, value: bigint | null) {
  return value === null ? null : moneyOf(value, currencyOf(event));
}
