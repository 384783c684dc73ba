/** Names every stretch in which a constituent has no usable price: what REFUSE answers with. */

import type { BacktestInput } from './backtest-input.ts';
import type { PriceGap } from './backtest-result.ts';

/** By name, then by session; without the sessions after a name's last one. */
export function priceGaps(input: BacktestInput): readonly PriceGap[] {
  const { panel, execution } = input;
  const gaps: PriceGap[] = [];
  for (let name = 0; name < panel.names; name++) {
    gaps.push(...gapsOf(input, { name, price: 'CLOSE' }));
    if (execution === 'NEXT_OPEN') gaps.push(...gapsOf(input, { name, price: 'OPEN' }));
  }
  return gaps;
}

/** The first composition is bought at a close, so an open is wanted from the second session on. */
function gapsOf(
  input: BacktestInput,
  { name, price }: Pick<PriceGap, 'name' | 'price'>,
): readonly PriceGap[] {
  const { panel, compositions, delistings, maxCarriedSessions } = input;
  const prices = price === 'OPEN' ? panel.opens : panel.closes;
  const gaps: PriceGap[] = [];
  const sessions = panel.sessions.length;
  const delisting = delistings.find((found) => found.name === name);
  const end = Math.min(sessions, (delisting?.lastSession ?? sessions) + 1);
  let lastSeen = price === 'OPEN' ? 0 : Number.NEGATIVE_INFINITY;
  let version = -1;
  let gapFrom: number | undefined;
  const close = (session: number): void => {
    if (gapFrom === undefined) return;
    gaps.push({ name, price, fromSession: gapFrom, sessions: session - gapFrom });
    gapFrom = undefined;
  };
  for (let session = 0; session < end; session++) {
    if (compositions[version + 1]?.fromSession === session) version += 1;
    if ((prices?.[session * panel.names + name] ?? Number.NaN) > 0) lastSeen = session;
    const isIn = (compositions[version]?.weights[name] ?? 0) > 0;
    if (isIn && session - lastSeen > maxCarriedSessions) gapFrom ??= session;
    else close(session);
  }
  close(end);
  return gaps;
}
