/**
 * WebSocket text frames of a server, kept as strings with one character for each byte. Appending
 * such strings costs 0.05 us a message, and a socket writes one ("latin1") in a single call: a
 * Buffer for each message would cost more than everything else together.
 */

const FINAL_TEXT = 0x81;
const MAX_SHORT = 125;
const TWO_BYTES_FOLLOW = 126;
const EIGHT_BYTES_FOLLOW = 127;
const MAX_TWO_BYTES = 0xff_ff;
const BYTE = 0xff;
const BITS = 8;
const LAST_SHIFT_OF_32 = 24;
const TWO_TO_32 = 2 ** 32;

const ASCII = /^[\0-\x7f]*$/;
/** Headers of common lengths: all that events of a few kilobytes need. */
const KEPT_HEADERS = 4_096;
const headers: string[] = [];

/** One character for each byte of the UTF-8 form. */
export function bytesOf(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** What goes before a payload of so many bytes: final, text, not masked, no extension. */
export function frameHeader(length: number): string {
  if (length >= KEPT_HEADERS) return makeHeader(length);
  const known = headers[length];
  if (known !== undefined) return known;
  const made = makeHeader(length);
  headers[length] = made;
  return made;
}

function makeHeader(length: number): string {
  if (length <= MAX_SHORT) return String.fromCharCode(FINAL_TEXT, length);
  if (length <= MAX_TWO_BYTES) {
    return String.fromCharCode(FINAL_TEXT, TWO_BYTES_FOLLOW, length >> BITS, length & BYTE);
  }
  const high = Math.floor(length / TWO_TO_32);
  const low = length % TWO_TO_32;
  return String.fromCharCode(FINAL_TEXT, EIGHT_BYTES_FOLLOW, ...fourBytes(high), ...fourBytes(low));
}

function fourBytes(value: number): number[] {
  const bytes: number[] = [];
  for (let shift = LAST_SHIFT_OF_32; shift >= 0; shift -= BITS)
    bytes.push((value >>> shift) & BYTE);
  return bytes;
}
