/** Fields that several facts of a basket share, as text in JSON and as themselves in code. */

import { z } from 'zod';
import { businessDate } from '#kernel/business-date';
import { type Decimal, decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, price, quantity, weight } from '#kernel/money';
import { WEIGHTINGS } from '../domain/composition.ts';
import { divisor, level } from '../domain/index-level.ts';

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

export const versionField = z.object({
  number: countField,
  weighting: z.enum(WEIGHTINGS),
  hash: z.string(),
  constituents: z.array(constituentField),
});

export const baseField = z.object({
  units: z.array(quantityField),
  divisor: divisorField,
  level: levelField,
  basedAtMs: instantField,
});
