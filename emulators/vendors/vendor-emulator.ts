/**
 * Two vendors of index data on the loopback, each with two endpoints. Bloomberg-style and
 * Refinitiv-style are shapes after public descriptions: no vendor's software, data or name is in
 * it.
 * It keeps all in memory and forgets it when it stops.
 */

import type { Logger } from '#platform/logger';
import { startBloombergEndpoint } from './bloomberg-emulator.ts';
import { createEmulatedTokens } from './emulated-tokens.ts';
import { startRefinitivEndpoint } from './refinitiv-emulator.ts';
import { figiLike, permIdLike, VendorDesk } from './vendor-desk.ts';

const LOOPBACK = '127.0.0.1';

export interface VendorEmulatorOptions {
  readonly logger: Logger;
  /** Of the first HTTP endpoint, the others follow it; 0 for any free ones. */
  readonly firstPort?: number;
  readonly nowMs?: () => number;
}

export type VendorEmulator = Awaited<ReturnType<typeof startVendorEmulator>>;

export async function startVendorEmulator(options: VendorEmulatorOptions) {
  const { firstPort = 0, logger, nowMs = Date.now } = options;
  const started: { readonly stop: () => Promise<void> }[] = [];
  const partsOf = (idOf: (n: number) => string) => {
    const desk = new VendorDesk({ nowMs, idOf });
    return { desk, tokens: createEmulatedTokens(desk, nowMs), host: LOOPBACK, nowMs, logger };
  };
  const portOf = (n: number): number => (firstPort === 0 ? 0 : firstPort + n);
  const keep = <T extends { readonly stop: () => Promise<void> }>(endpoint: T): T => {
    started.push(endpoint);
    return endpoint;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((endpoint) => endpoint.stop()));
  };
  try {
    const bloomberg = partsOf(figiLike);
    const refinitiv = partsOf(permIdLike);
    const [one, two] = [
      { name: 'PRIMARY', port: portOf(0) },
      { name: 'SECONDARY', port: portOf(1) },
    ];
    const [three, four] = [
      { name: 'PRIMARY', port: portOf(2) },
      { name: 'SECONDARY', port: portOf(3) },
    ];
    return {
      bloomberg: {
        ...bloomberg,
        primary: keep(await startBloombergEndpoint({ ...bloomberg, ...one })),
        secondary: keep(await startBloombergEndpoint({ ...bloomberg, ...two })),
      },
      refinitiv: {
        ...refinitiv,
        primary: keep(await startRefinitivEndpoint({ ...refinitiv, ...three })),
        secondary: keep(await startRefinitivEndpoint({ ...refinitiv, ...four })),
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
