/** Whether a process can serve: named checks, each with a time limit, side by side. */

export type HealthChecks = Readonly<Record<string, () => Promise<void>>>;

export interface Readiness {
  readonly isReady: boolean;
  /** `ok` or the reason, by name of the check. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface ReadinessOptions {
  readonly timeoutMs?: number;
  /** Told but not needed: the process serves without them, if less well. */
  readonly optional?: HealthChecks;
}

export const CHECK_TIMEOUT_MS = 2_000;

export async function readinessOf(
  needed: HealthChecks,
  { timeoutMs = CHECK_TIMEOUT_MS, optional = {} }: ReadinessOptions = {},
): Promise<Readiness> {
  const [neededOutcomes, optionalOutcomes] = await Promise.all([
    outcomesOf(needed, timeoutMs),
    outcomesOf(optional, timeoutMs),
  ]);
  return {
    isReady: Object.values(neededOutcomes).every((outcome) => outcome === 'ok'),
    checks: { ...neededOutcomes, ...optionalOutcomes },
  };
}

async function outcomesOf(
  checks: HealthChecks,
  timeoutMs: number,
): Promise<Readonly<Record<string, string>>> {
  const outcomes = Object.entries(checks).map(
    async ([name, check]) => [name, await outcomeOf(check, timeoutMs)] as const,
  );
  return Object.fromEntries(await Promise.all(outcomes));
}

async function outcomeOf(check: () => Promise<void>, timeoutMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer in ${timeoutMs} ms`), timeoutMs);
  });
  try {
    return await Promise.race([answerOf(check), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function answerOf(check: () => Promise<void>): Promise<string> {
  try {
    await check();
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  }
}
