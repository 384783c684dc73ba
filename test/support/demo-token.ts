/** A token of a role, for programs of other makers that set their headers themselves. */

import type { Role } from '#kernel/roles';
import { systemClock } from '#platform/clock';
import { readConfig } from '#platform/config';
import { createTokenIssuer } from '#platform/identity/tokens';

const DEMO_SECONDS = 3_600;

/** `environment` is the one the platform was started with. */
export async function demoToken(
  environment: Readonly<Record<string, string>>,
  role: Role,
  ttlSeconds = DEMO_SECONDS,
): Promise<string> {
  const config = readConfig(environment);
  const issue = await createTokenIssuer({ ...config, ...config.identity, clock: systemClock });
  return issue({ role, user: role, ttlSeconds });
}
