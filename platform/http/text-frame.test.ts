import { expect, test } from 'vitest';
import { bytesOf, frameHeader } from './text-frame.ts';

test.each([
  [0, [0x81, 0]],
  [125, [0x81, 125]],
  [126, [0x81, 126, 0, 126]],
  [300, [0x81, 126, 1, 44]],
  [4_096, [0x81, 126, 0x10, 0]],
  [65_535, [0x81, 126, 0xff, 0xff]],
  [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  [2 ** 32 + 5, [0x81, 127, 0, 0, 0, 1, 0, 0, 0, 5]],
])('RFC 6455 5.2: the header of %i bytes, twice the same', (length, bytes) => {
  expect([...Buffer.from(frameHeader(length), 'latin1')]).toEqual(bytes);
  expect([...Buffer.from(frameHeader(length), 'latin1')]).toEqual(bytes);
});

test.each(['plain', 'é', '€', '日本', '😀', '\u0000\u007f', ''])(
  'text has a character for each byte of its UTF-8 form: %s',
  (text) => {
    expect(Buffer.from(bytesOf(text), 'latin1').toString('utf8')).toBe(text);
    expect(bytesOf(text)).toHaveLength(Buffer.byteLength(text));
  },
);
