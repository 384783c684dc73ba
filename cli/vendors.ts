/**
 * The vendors that a command builds baskets with: emulated here, where the configuration says so.
 */

import type { Config } from '#platform/config';
import type { Logger } from '#platform/logger';
import type { Shutdown } from '#platform/shutdown';
import type { VendorEmulator } from '../emulators/vendors/vendor-emulator.ts';

export interface VendorStart {
  readonly logger: Logger;
  readonly shutdown: Shutdown;
  /** Where people find the emulator; other ports when these are taken, any for 0. */
  readonly firstPort: number;
}

/** The configuration with the addresses of what was started for it. */
export async function withVendors(config: Config, start: VendorStart): Promise<Config> {
  const isElsewhere = config.subgraphUrls.baskets !== undefined;
  if (config.emulatedVendors.length === 0 || isElsewhere) return config;
  const emulator = await startEmulator(start);
  await start.shutdown.add('vendor emulator', () => emulator.stop());
  const emulated = config.emulatedVendors.map((account) => ({
    ...account,
    url: emulator[account.name].primary.url,
    secondaryUrl: emulator[account.name].secondary.url,
  }));
  return { ...config, vendors: emulated };
}

async function startEmulator({ firstPort, logger }: VendorStart): Promise<VendorEmulator> {
  const { startVendorEmulator } = await import('../emulators/vendors/vendor-emulator.ts');
  try {
    return await startVendorEmulator({ logger, firstPort });
  } catch (error) {
    logger.info({ err: error, firstPort }, 'the vendor emulator takes other ports');
    return startVendorEmulator({ logger });
  }
}
