// For tests of a killed process: one that deals with vendors and does nothing else, until it is
// killed. Arguments: database URL, URLs of the Bloomberg-style and the Refinitiv-style vendor.

import { Registry } from 'prom-client';
import { readConfig } from '#platform/config';
import { silentLogger } from '#platform/logger';
import { openParts } from '#platform/parts';
import type { Context } from '../../subgraphs/baskets/graphql/context.ts';
import { buildBaskets } from '../../subgraphs/baskets/main.ts';
import { createVendorWork } from '../../subgraphs/baskets/workers/vendor-work.ts';
import { identityOf, requestOf } from './subgraph-client.ts';

const [databaseUrl = '', bloomberg = '', refinitiv = ''] = process.argv.slice(2);
const config = readConfig({
  FEED: 'none',
  VENDORS: 'bloomberg,refinitiv',
  VENDOR_BLOOMBERG_URL: bloomberg,
  VENDOR_REFINITIV_URL: refinitiv,
});
const parts = await openParts({ config, databaseUrl, logger: silentLogger });
// Never started: this process has no levels and fires no timers.
const { deps } = buildBaskets(parts).createContext(requestOf(identityOf(['viewer']))) as Context;
createVendorWork(
  { ...parts, metrics: new Registry() },
  { deps, hub: { latest: () => undefined } },
).start();
