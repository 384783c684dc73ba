import type { BusinessDate } from '#kernel/business-date';
import { type CurrencyCode, parseCurrencyCode } from '#kernel/money';
import type { Clock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import { type FxRate, fxRateOf, newestBusinessDay } from '../domain/fx-rate.ts';
import type { FxFixingRepository } from '../store/fx-fixings.ts';

export interface FindFxRateDeps {
  readonly fxFixings: FxFixingRepository;
  readonly clock: Clock;
}

export interface FxRateWish {
  readonly base: string;
  readonly quote: string;
  /** Null for the newest day with any fixing. */
  readonly asOf: BusinessDate | null;
}

/** Null when either currency has no fixing near the day, or is no currency. */
export async function findFxRate(
  { fxFixings, clock }: FindFxRateDeps,
  wish: FxRateWish,
): Promise<FxRate | null> {
  const base = currencyOf('base', wish.base);
  const quote = currencyOf('quote', wish.quote);
  const asOf = wish.asOf ?? (await fxFixings.newestDay()) ?? clock.today();
  const newest = await fxFixings.newest([base, quote], asOf);
  const dueOn = wish.asOf ?? newestBusinessDay(clock.today());
  return fxRateOf({ base, quote, asOf, dueOn, newest });
}

function currencyOf(argument: string, text: string): CurrencyCode {
  const currency = parseCurrencyCode(text.trim().toUpperCase());
  if (currency === undefined) {
    const shown = text.slice(0, 40);
    throw new PlatformError(
      'BAD_USER_INPUT',
      `${argument}: expected a currency code such as USD, was "${shown}"`,
    );
  }
  return currency;
}
