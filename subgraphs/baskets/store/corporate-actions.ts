/** Corporate actions: announced per name, and which baskets have yet to work them in. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { price } from '#kernel/money';
import { oneOf, payload, text, textOrNull } from '#kernel/topics/reading';
import { instantText } from '#platform/instant-column';
import {
  ANNOUNCED_KINDS,
  type AnnouncedAction,
  type AnnouncedTerms,
} from '../domain/corporate-action-announced.ts';

export interface DueAction {
  readonly code: string;
  readonly action: AnnouncedAction;
}

export interface NewAnnouncement extends AnnouncedAction {
  readonly announcedBy: string;
  readonly announcedAtMs: number;
}

export type CorporateActionStore = ReturnType<typeof createCorporateActionStore>;

const MAX_DUE = 500;

export function createCorporateActionStore(sql: Sql) {
  const find = async (actionId: string): Promise<AnnouncedAction | undefined> => {
    const [stored] = await sql<ActionRow[]>`
      select ${actionColumns(sql)} from baskets.corporate_action a where action_id = ${actionId}`;
    return stored && actionOfRow(stored);
  };

  return {
    find,

    /** The action that has the id now: this one, or an earlier one. */
    async announce(wanted: NewAnnouncement): Promise<AnnouncedAction> {
      const terms = JSON.stringify(termsJson(wanted.terms));
      await sql`
        insert into baskets.corporate_action
          (action_id, symbol, kind, ex_date, terms, announced_by, announced_at)
        values (${wanted.actionId}, ${wanted.terms.symbol}, ${wanted.terms.kind},
          ${wanted.exDate}::text::date, ${terms}::text::jsonb, ${wanted.announcedBy},
          ${instantText(wanted.announcedAtMs)}::text::timestamptz)
        on conflict (action_id) do nothing`;
      const stored = await find(wanted.actionId);
      if (!stored) throw new Error(`action ${wanted.actionId} was stored`);
      return stored;
    },

    /**
     * Live baskets that hold the name and have not worked it in, oldest ex-date first. An action
     * whose ex-date had come when the units were fixed is in the prices they were fixed at.
     */
    async due(exDateUntil: BusinessDate): Promise<readonly DueAction[]> {
      const rows = await sql<(ActionRow & { code: string })[]>`
        select b.code, ${actionColumns(sql)}
        from baskets.corporate_action a
          join baskets.constituent c on c.symbol = a.symbol
          join baskets.basket b
            on b.basket_id = c.basket_id and b.current_version = c.version_number
        where a.ex_date <= ${exDateUntil}::text::date
          and b.state in ('ACTIVE', 'SUSPENDED')
          and a.ex_date > (
            select (v.based_at at time zone 'UTC')::date from baskets.basket_version v
            where v.basket_id = b.basket_id and v.number = b.current_version)
          and not exists (
            select 1 from baskets.applied_action d
            where d.basket_id = b.basket_id and d.action_id = a.action_id)
        order by a.ex_date, a.announced_at, b.code limit ${MAX_DUE}`;
      return rows.map(({ code, ...row }) => ({ code, action: actionOfRow(row) }));
    },

    /** Deletions and mergers of the names whose ex-date has come, the first of each name. */
    departures: (symbols: readonly string[], today: BusinessDate) =>
      departuresOf(sql, symbols, today),

    /** What each basket has worked in, oldest first. */
    async appliedTo(
      basketIds: readonly string[],
    ): Promise<ReadonlyMap<string, readonly AnnouncedAction[]>> {
      const rows = await sql<(ActionRow & { basketId: string })[]>`
        select d.basket_id as "basketId", ${actionColumns(sql)}
        from baskets.applied_action d join baskets.corporate_action a using (action_id)
        where d.basket_id = any(${[...basketIds]}::text[])
        order by a.ex_date, a.announced_at`;
      const found = new Map<string, AnnouncedAction[]>();
      for (const { basketId, ...row } of rows) {
        const known = found.get(basketId) ?? [];
        known.push(actionOfRow(row));
        found.set(basketId, known);
      }
      return found;
    },
  };
}

async function departuresOf(
  sql: Sql,
  symbols: readonly string[],
  today: BusinessDate,
): Promise<readonly AnnouncedAction[]> {
  const rows = await sql<ActionRow[]>`
    select distinct on (a.symbol) ${actionColumns(sql)} from baskets.corporate_action a
    where a.symbol = any(${[...symbols]}::text[]) and a.ex_date <= ${today}::text::date
      and a.kind in ('DELETE', 'MERGER_FOR_CASH', 'MERGER_FOR_STOCK')
    order by a.symbol, a.ex_date, a.announced_at`;
  return rows.map(actionOfRow);
}

interface ActionRow {
  readonly actionId: string;
  readonly exDate: string;
  readonly terms: unknown;
}

const actionColumns = (sql: Sql) => sql`
  a.action_id as "actionId", a.ex_date::text as "exDate", a.terms`;

function actionOfRow({ actionId, exDate, terms }: ActionRow): AnnouncedAction {
  return { actionId, exDate: businessDate(exDate), terms: termsOf(terms) };
}

/** Counts of shares are whole; money is text in the currency of the name. */
export function termsJson(terms: AnnouncedTerms): Record<string, string | null> {
  const { kind, symbol } = terms;
  switch (terms.kind) {
    case 'SPLIT':
      return { kind, symbol, newShares: `${terms.newShares}`, oldShares: `${terms.oldShares}` };
    case 'SPECIAL_DIVIDEND':
      return { kind, symbol, dividend: formatDecimal(terms.dividend) };
    case 'RIGHTS': {
      const counts = { newShares: `${terms.newShares}`, perShares: `${terms.perShares}` };
      return { kind, symbol, ...counts, subscriptionPrice: formatDecimal(terms.subscriptionPrice) };
    }
    case 'SPIN_OFF': {
      const { child, childShares, parentShares } = terms;
      const counts = { childShares: `${childShares}`, parentShares: `${parentShares}` };
      return { kind, symbol, child: child.symbol, ...counts };
    }
    case 'DELETE': {
      const { finalPrice } = terms;
      return { kind, symbol, finalPrice: finalPrice === null ? null : formatDecimal(finalPrice) };
    }
    case 'MERGER_FOR_CASH':
      return { kind, symbol, cash: formatDecimal(terms.cash) };
    case 'MERGER_FOR_STOCK': {
      const counts = { newShares: `${terms.newShares}`, oldShares: `${terms.oldShares}` };
      return { kind, symbol, acquirer: terms.acquirer, ...counts };
    }
  }
}

/** Throws on anything that `termsJson` does not write. */
export function termsOf(value: unknown): AnnouncedTerms {
  const from = payload(value);
  const symbol = text(from, 'symbol');
  const count = (name: string) => BigInt(text(from, name));
  const money = (name: string) => price(decimal(text(from, name)));
  const kind = oneOf(from, 'kind', ANNOUNCED_KINDS);
  switch (kind) {
    case 'SPLIT':
      return { kind, symbol, newShares: count('newShares'), oldShares: count('oldShares') };
    case 'SPECIAL_DIVIDEND':
      return { kind, symbol, dividend: money('dividend') };
    case 'RIGHTS': {
      const counts = { newShares: count('newShares'), perShares: count('perShares') };
      return { kind, symbol, ...counts, subscriptionPrice: money('subscriptionPrice') };
    }
    case 'SPIN_OFF': {
      const counts = { childShares: count('childShares'), parentShares: count('parentShares') };
      return { kind, symbol, child: { symbol: text(from, 'child') }, ...counts };
    }
    case 'DELETE': {
      const finalPrice = textOrNull(from, 'finalPrice');
      return { kind, symbol, finalPrice: finalPrice === null ? null : price(decimal(finalPrice)) };
    }
    case 'MERGER_FOR_CASH':
      return { kind, symbol, cash: money('cash') };
    case 'MERGER_FOR_STOCK': {
      const counts = { newShares: count('newShares'), oldShares: count('oldShares') };
      return { kind, symbol, acquirer: text(from, 'acquirer'), ...counts };
    }
  }
}
