/** A process of the bench's own: asked over the channel, answers one question at a time. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  /** What the child says first, when it is ready. */
  readonly ready: unknown;
  ask(question: object): Promise<unknown>;
  stop(): Promise<void>;
}

export async function startChild(file: URL, args: readonly string[]): Promise<Child> {
  const child = fork(file, args, {
    execArgv: ['--import', 'tsx'],
    // graphql-js checks every type with more care otherwise.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  return {
    ready: await nextMessage(child),
    ask(question) {
      child.send(question);
      return nextMessage(child);
    },
    async stop() {
      child.disconnect();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** In the child: says that it is ready, then answers each question. */
export function answerParent(
  ready: unknown,
  answer: (question: unknown) => Promise<unknown>,
): void {
  process.on('message', (question) => {
    void answer(question).then((found) => process.send?.(found));
  });
  process.on('disconnect', () => process.exit());
  process.send?.(ready);
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const answered = new AbortController();
  const { signal } = answered;
  const gone = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`a process of the bench ended with ${String(code)}`);
  });
  gone.catch(() => undefined);
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), gone])) as unknown[];
    return message;
  } finally {
    answered.abort();
  }
}
