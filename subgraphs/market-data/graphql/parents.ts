/** What resolvers of a type receive, where it is not what the schema shows. */

import type { AcceptedTick } from '#kernel/topics/accepted-ticks';
import type { Instrument } from '../domain/instrument.ts';

export type InstrumentParent = Instrument;

export type PriceTickParent = AcceptedTick;
