/** An earlier trade as it stands now: what busts, amendments and elections refer to. */

import type { RecordedTarget } from './position-command.ts';
import type { HistoryEvent } from './timeline.ts';
import type { Trade } from './trade.ts';

/** Null when the history, in version order, does not record the trade. */
export function targetOf(known: readonly HistoryEvent[], tradeId: string): RecordedTarget | null {
  let target: RecordedTarget | null = null;
  for (const { event, version } of known) {
    switch (event.type) {
      case 'TRADE_APPLIED':
      case 'PROVISIONAL_TRADE_APPLIED':
      case 'FORWARD_TRADE_BOOKED': {
        const { trade } = event;
        if (trade.tradeId === tradeId) target = { version, trade, isBusted: false };
        break;
      }
      case 'TRADE_AMENDED':
        if (event.target.tradeId === tradeId) target = amended(target, event.newTrade);
        break;
      case 'TRADE_BUSTED':
        if (event.target.tradeId === tradeId) target = busted(target);
        break;
      case 'FORWARD_TRADE_EFFECTIVE':
      case 'PRICE_RESET':
      case 'CORPORATE_ACTION_APPLIED':
      case 'WASH_SALE_ADJUSTED':
      case 'LOT_METHOD_CHANGED':
      case 'LOT_RELIEF_ELECTED':
      case 'LOTS_RECEIVED':
      case 'HISTORICAL_POSITION_CORRECTED':
      case 'CONTRACT_GENERATED':
      case 'CORRECTION_REFUSED':
        break;
    }
  }
  return target;
}

function amended(target: RecordedTarget | null, trade: Trade): RecordedTarget | null {
  return target && { ...target, trade };
}

function busted(target: RecordedTarget | null): RecordedTarget | null {
  return target && { ...target, isBusted: true };
}
