import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFrameReader, encodeFrame } from './json-frames.ts';

describe('JSON frames', () => {
  test('come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        (messages, piece) => {
          const bytes = Buffer.concat(messages.map(encodeFrame));
          const read: unknown[] = [];
          const reader = createFrameReader(10_000, (message) => read.push(message));
          for (let at = 0; at < bytes.length; at += piece) {
            reader.push(bytes.subarray(at, at + piece));
          }
          expect(read).toEqual(messages.map((each) => JSON.parse(JSON.stringify(each)) as unknown));
        },
      ),
    );
  });

  test('are refused when too long, before they are there, and when they are no JSON', () => {
    const reader = () => createFrameReader(16, () => undefined);
    expect(() => reader().push(Buffer.from([0, 0, 0, 17]))).toThrow('at most 16 bytes');
    expect(() => reader().push(Buffer.from([0, 0, 0, 1, 0x7b]))).toThrow(SyntaxError);
  });
});
