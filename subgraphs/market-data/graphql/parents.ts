/** What resolvers of a type receive, where it is not what the schema shows. */

import type { Instrument } from '../domain/instrument.ts';

export type InstrumentParent = Instrument;
