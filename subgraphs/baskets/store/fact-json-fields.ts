/** Fields that several facts of a basket share, as text in JSON and as themselves in code. */

import { z } from 'zod';
import { businessDate } from '#kernel/business-date';
import { type Decimal, decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, price, quantity, weight } from '#kernel/money';
import { divisor, fxFactorOf, level } from '../domain/index-level.ts';
import type { Weighing } from '../domain/weighing.ts';
import { WEIGHTING_SCHEMES } from '../domain/weighting-schemes.ts';

/** Text that one of our own parsers reads; it throws on what it does not know. */
export function textOf<T>(
  read: (text: string) => T,
  write: (value: T) => string = String,
): z.ZodCodec<z.ZodString, z.ZodCustom<T>> {
  return z.codec(z.string(), z.custom<T>(), {
    decode: (text, context) => {
      try {
        return read(text);
      } catch (cause) {
        context.issues.push({ code: 'custom', input: text, message: String(cause) });
        return z.NEVER;
      }
    },
    encode: write,
  });
}

const scaledOf = <T extends Decimal>(brand: (value: bigint) => T) =>
  textOf<T>((text) => brand(decimal(text)), formatDecimal);

export const decimalField = textOf<Decimal>(decimal, formatDecimal);
export const levelField = scaledOf(level);
export const priceField = scaledOf(price);
export const quantityField = scaledOf(quantity);
export const weightField = scaledOf(weight);
export const divisorField = textOf((text) => divisor(BigInt(text)));
export const dateField = textOf(businessDate);
export const currencyField = textOf(currencyCode);
export const instantField = z.number().int();
export const countField = z.number().int().nonnegative();

export const handField = z.object({ actor: z.string(), onBehalfOf: z.string().nullable() });

export const constituentField = z.object({
  symbol: z.string(),
  instrumentId: z.string(),
  currency: currencyField,
  weight: weightField,
});

export const weighingField = z.object({
  maxWeight: weightField.nullable(),
  volatilityWindow: countField.nullable(),
  asOf: dateField.nullable(),
  names: z.array(
    z.object({
      symbol: z.string(),
      weight: weightField.nullable(),
      price: priceField.nullable(),
      priceDate: dateField.nullable(),
      fx: textOf((text) => fxFactorOf(BigInt(text))).nullable(),
      sharesOutstanding: quantityField.nullable(),
      freeFloat: weightField.nullable(),
      fundamental: decimalField.nullable(),
      factorScore: decimalField.nullable(),
      volatility: decimalField.nullable(),
      sharesNow: quantityField.nullable(),
    }),
  ),
});

/** As JSON text; null stays null. */
export const weighingText = (weighing: Weighing | null): string | null =>
  weighing && JSON.stringify(z.encode(weighingField, { ...weighing, names: [...weighing.names] }));

/** Of a stored document; throws on one that is none of ours. */
export const weighingOf = (value: unknown): Weighing | null =>
  z.decode(z.unknown().pipe(weighingField.nullable()), value);

export const versionField = z.object({
  number: countField,
  weighting: z.enum(WEIGHTING_SCHEMES),
  // Facts from before schemes that follow prices have none.
  weighing: weighingField.nullable().default(null),
  hash: z.string(),
  constituents: z.array(constituentField),
});

export const baseField = z.object({
  units: z.array(quantityField),
  divisor: divisorField,
  level: levelField,
  basedAtMs: instantField,
});
