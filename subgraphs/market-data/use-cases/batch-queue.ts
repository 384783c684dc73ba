/** Collects values to batches: one is being written while the next one fills, never more. */

export interface BatchCount {
  readonly stored: number;
  readonly unchanged: number;
}

const NOTHING: BatchCount = { stored: 0, unchanged: 0 };

export interface BatchQueue<Value> {
  add(value: Value): void;
  /** Hands a full batch over; answers with what became of earlier ones. */
  writeFull(): Promise<BatchCount>;
  /** Writes what is left and waits for it. */
  writeAll(): Promise<BatchCount>;
}

/** `write` answers with how many of its values were new or changed. */
export function createBatchQueue<Value>(
  size: number,
  write: (batch: readonly Value[]) => Promise<number>,
): BatchQueue<Value> {
  let filling: Value[] = [];
  let writing: Promise<BatchCount> = Promise.resolve(NOTHING);

  const handOver = async (): Promise<BatchCount> => {
    const earlier = await writing;
    const batch = filling;
    filling = [];
    writing = write(batch).then((stored) => ({ stored, unchanged: batch.length - stored }));
    // Whoever waits for it next sees the failure; until then it is not unhandled.
    writing.catch(() => undefined);
    return earlier;
  };

  return {
    add(value) {
      filling.push(value);
    },
    writeFull: async () => (filling.length >= size ? handOver() : NOTHING),
    async writeAll() {
      const earlier = filling.length > 0 ? await handOver() : NOTHING;
      const last = await writing;
      writing = Promise.resolve(NOTHING);
      return {
        stored: earlier.stored + last.stored,
        unchanged: earlier.unchanged + last.unchanged,
      };
    },
  };
}
