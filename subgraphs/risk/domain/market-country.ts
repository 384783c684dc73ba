/** Country of the market an instrument is listed on, from its ISO 10383 code. */

const COUNTRY_BY_MIC: Readonly<Record<string, string>> = {
  XNYS: 'US',
  XNAS: 'US',
  XASE: 'US',
  ARCX: 'US',
  BATS: 'US',
  XLON: 'GB',
  XPAR: 'FR',
  XAMS: 'NL',
  XBRU: 'BE',
  XLIS: 'PT',
  XETR: 'DE',
  XFRA: 'DE',
  XMIL: 'IT',
  XMAD: 'ES',
  XSWX: 'CH',
  XSTO: 'SE',
  XCSE: 'DK',
  XHEL: 'FI',
  XOSL: 'NO',
  XWBO: 'AT',
  XDUB: 'IE',
  XTKS: 'JP',
  XHKG: 'HK',
  XSES: 'SG',
  XASX: 'AU',
  XTSE: 'CA',
  XNSE: 'IN',
  XKRX: 'KR',
  XJSE: 'ZA',
  BVMF: 'BR',
  XMEX: 'MX',
};

/** ISO 3166 code; null for an unknown market. */
export function countryOfMarket(mic: string | null): string | null {
  return mic === null ? null : (COUNTRY_BY_MIC[mic] ?? null);
}
