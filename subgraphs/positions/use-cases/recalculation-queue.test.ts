import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { fixedClock } from '#platform/clock';
import { keyOf } from '../domain/position-test-support.ts';
import { type LateEvent, OVERDUE_MS, RecalculationQueue } from './recalculation-queue.ts';

const clock = fixedClock(Date.parse('2026-11-20T10:00:00Z'));
const never = new AbortController().signal;

/** Each is recorded a second after the one before. */
function late(accountId: string, version: number, on = '2026-03-05'): LateEvent {
  clock.advance(1_000);
  return {
    key: keyOf({ bookId: 'BOOK-1', accountId }),
    version,
    causedBy: `${accountId}-${version}`,
    effectiveDate: businessDate(on),
    recordedAtMs: clock.nowMs(),
    correlationId: 'correlation-1',
    causationId: `backdated-trades:${version}`,
    user: 'trader',
  };
}

interface Calculation {
  /** What it was begun for. */
  readonly causes: readonly string[];
  readonly signal: AbortSignal;
  end(): void;
  fail(reason: string): void;
}

/** A queue whose calculations end when the test says so. */
function queueOf(places: number, rest: (tookMs: number) => Promise<void> = noRest) {
  const begun: Calculation[] = [];
  const queue = new RecalculationQueue({
    maxRunning: () => places,
    rest,
    clock,
    recalculate: (_key, events, signal) =>
      new Promise((resolve, reject) => {
        begun.push({
          causes: events.map(({ causedBy }) => causedBy),
          signal,
          end: resolve,
          fail: (reason) => {
            reject(new Error(reason));
          },
        });
        signal.addEventListener('abort', () => {
          reject(signal.reason);
        });
      }),
  });
  const causes = () => begun.map((each) => each.causes.join(' '));
  const at = (index: number): Calculation => {
    const found = begun[index];
    if (found === undefined) throw new Error(`calculation ${index} was not begun`);
    return found;
  };
  return { queue, causes, at };
}

const noRest = () => Promise.resolve();
const settle = () => new Promise((resolve) => setImmediate(resolve));
const fulfilled = { status: 'fulfilled', value: undefined };

describe('waiting for a recalculation', () => {
  test('one calculation of a position at a time, the next for all that came since', async () => {
    const { queue, causes, at } = queueOf(4);
    const first = queue.recalculateAll([late('A', 1)], never);
    const second = queue.recalculateAll([late('A', 2), late('A', 3)], never);
    const third = queue.recalculateAll([late('A', 4)], never);
    expect(causes()).toEqual(['A-1']);
    expect([queue.running, queue.waiting]).toEqual([1, 3]);
    at(0).end();
    expect(await first).toEqual([fulfilled]);
    expect(causes()).toEqual(['A-1', 'A-2 A-3 A-4']);
    at(1).end();
    expect(await Promise.all([second, third])).toEqual([[fulfilled], [fulfilled]]);
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });

  test('newest first across positions, also when news came to an old one', async () => {
    const { queue, causes, at } = queueOf(1);
    const all = [late('A', 1), late('B', 1), late('C', 1), late('D', 1)].map((each) =>
      queue.recalculateAll([each], never),
    );
    const news = queue.recalculateAll([late('B', 2)], never);
    for (const index of [0, 1, 2, 3]) {
      at(index).end();
      await settle();
    }
    expect(causes()).toEqual(['A-1', 'B-1 B-2', 'D-1', 'C-1']);
    await Promise.all([...all, news]);
  });

  test('who waited for too long has every second turn, however many newer ones come', async () => {
    const { queue, causes, at } = queueOf(1);
    const asked = ['FIRST', 'OLD-A', 'OLD-B'].map((account) =>
      queue.recalculateAll([late(account, 1)], never),
    );
    clock.advance(OVERDUE_MS);
    for (let index = 0; index < 6; index += 1) {
      asked.push(queue.recalculateAll([late(`NEW-${index}`, 1)], never));
      at(index).end();
      await settle();
    }
    expect(causes()).toEqual([
      'FIRST-1',
      'OLD-A-1',
      'NEW-1-1',
      'OLD-B-1',
      'NEW-3-1',
      'NEW-4-1',
      'NEW-5-1',
    ]);
    at(6).end();
    queue.stop();
    await Promise.allSettled(asked);
  });

  test('oldest effective first inside a position, then by version', async () => {
    const { queue, causes, at } = queueOf(1);
    const done = queue.recalculateAll(
      [
        late('A', 9, '2026-03-09'),
        late('A', 8, '2026-03-02'),
        late('A', 7, '2026-03-09'),
        late('A', 5, '2026-03-10'),
      ],
      never,
    );
    at(0).end();
    await done;
    expect(causes()).toEqual(['A-8 A-7 A-9 A-5']);
  });

  test('as many positions at once as there are places', async () => {
    const { queue, causes, at } = queueOf(2);
    const done = queue.recalculateAll(
      ['A', 'B', 'C'].map((each) => late(each, 1)),
      never,
    );
    expect(causes()).toEqual(['C-1', 'B-1']);
    at(1).end();
    await settle();
    expect(causes()).toEqual(['C-1', 'B-1', 'A-1']);
    at(0).end();
    at(2).end();
    expect(await done).toEqual([fulfilled, fulfilled, fulfilled]);
  });

  test('a position that fails keeps no other from its turn', async () => {
    const { queue, at } = queueOf(1);
    const done = queue.recalculateAll([late('A', 1), late('B', 1)], never);
    at(0).fail('a poisoned stream');
    await settle();
    at(1).end();
    expect(await done).toEqual([
      fulfilled,
      { status: 'rejected', reason: new Error('a poisoned stream') },
    ]);
  });
});

describe('resting', () => {
  test('a place that has calculated takes nothing until its rest is over', async () => {
    let endRest: () => void = () => undefined;
    const { queue, causes, at } = queueOf(
      1,
      () =>
        new Promise((resolve) => {
          endRest = resolve;
        }),
    );
    const first = queue.recalculateAll([late('A', 1)], never);
    const second = queue.recalculateAll([late('B', 1)], never);
    at(0).end();
    expect(await first).toEqual([fulfilled]);
    await settle();
    expect(causes()).toEqual(['A-1']);
    endRest();
    await settle();
    expect(causes()).toEqual(['A-1', 'B-1']);
    at(1).end();
    await second;
  });
});

describe('giving up', () => {
  test('drops what waits, ends what runs, and frees its place', async () => {
    const { queue, causes, at } = queueOf(1);
    const leaving = new AbortController();
    const mine = queue.recalculateAll([late('A', 1), late('B', 1)], leaving.signal);
    const others = queue.recalculateAll([late('C', 1)], never);
    leaving.abort(new Error('the partition is lost'));
    expect(await mine).toMatchObject([
      { status: 'rejected', reason: { message: 'the partition is lost' } },
      { status: 'rejected', reason: { message: 'the partition is lost' } },
    ]);
    expect(at(0).signal.aborted).toBe(true);
    await settle();
    expect(causes()).toEqual(['B-1', 'C-1']);
    at(1).end();
    expect(await others).toEqual([fulfilled]);
  });

  test('a calculation goes on while one of those who wanted it is still there', async () => {
    const { queue, at } = queueOf(1);
    const blocking = queue.recalculateAll([late('Z', 1)], never);
    const leaving = new AbortController();
    const mine = queue.recalculateAll([late('A', 1)], leaving.signal);
    const theirs = queue.recalculateAll([late('A', 2)], never);
    at(0).end();
    await blocking;
    leaving.abort(new Error('gone'));
    expect(at(1).signal.aborted).toBe(false);
    at(1).end();
    expect(await theirs).toEqual([fulfilled]);
    expect((await mine)[0]?.status).toBe('rejected');
  });

  test('at the end what runs may finish, what waits is handed over again later', async () => {
    const { queue, causes, at } = queueOf(1);
    const running = queue.recalculateAll([late('A', 1)], never);
    const waiting = queue.recalculateAll([late('A', 2), late('B', 1)], never);
    queue.stop();
    expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    at(0).end();
    expect(await running).toEqual([fulfilled]);
    expect(causes()).toEqual(['A-1']);
    await expect(queue.recalculateAll([late('C', 1)], never)).rejects.toThrow('have stopped');
  });

  test('who is gone before asking is told so', async () => {
    const { queue, causes } = queueOf(1);
    const asked = queue.recalculateAll([late('A', 1)], AbortSignal.abort(new Error('gone')));
    await expect(asked).rejects.toThrow('gone');
    expect(causes()).toEqual([]);
  });
});
