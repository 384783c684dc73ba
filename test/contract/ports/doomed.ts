/** Starts a doomed process and tells when it holds on to something. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

export interface Doomed {
  /** Resolves to the next line it prints. */
  next(): Promise<string>;
  /** SIGKILL: no goodbye, no cleaning up. */
  kill(): Promise<void>;
}

export function startDoomed(args: readonly string[]): Doomed {
  const script = fileURLToPath(new URL('./doomed-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    // It ends when its input does: with us, at the latest.
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async next() {
      const line = await lines.next();
      if (line.done) throw new Error('the doomed process ended by itself');
      return line.value;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
