import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '#kernel/decimal';
import { rate } from '#kernel/money';
import { crossCheck, crossQuote, type FxQuote, invertQuote, midOf } from './fx-snapshot-quotes.ts';

const quote = (bid: string, ask: string): FxQuote => ({
  bid: rate(decimal(bid)),
  ask: rate(decimal(ask)),
});
const shown = ({ bid, ask }: FxQuote) => [formatDecimal(bid), formatDecimal(ask)];

describe('FX quotes of section 2.5', () => {
  test('EURJPY through the dollar, golden', () => {
    const cross = crossQuote(quote('1.0850', '1.0852'), quote('149.50', '149.54'));
    expect(shown(cross)).toEqual(['162.2075', '162.280808']);
  });

  test('inverting swaps the sides, and a cross by an inverse leg divides by its other side', () => {
    expect(shown(invertQuote(quote('1.25', '1.6')))).toEqual(['0.625', '0.8']);
    const eurGbp = crossQuote(quote('1.0850', '1.0852'), invertQuote(quote('1.25', '1.28')));
    expect(shown(eurGbp)).toEqual(['0.84765625', '0.86816']);
    expect(formatDecimal(midOf(quote('1.0850', '1.0852')))).toBe('1.0851');
  });

  test('a cross that is more than 20 bp from the quoted one is flagged', () => {
    const at = (text: string) => quote(text, text);
    expect(crossCheck(at('100.2'), at('100'))).toMatchObject({ isFlagged: false });
    expect(crossCheck(at('100.2001'), at('100'))).toMatchObject({ isFlagged: true });
    expect(crossCheck(at('99.7999'), at('100'))).toMatchObject({ isFlagged: true });
  });
});
