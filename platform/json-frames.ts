/** JSON over a stream of bytes: each message after its length, four bytes, big-endian. */

const LENGTH_BYTES = 4;

export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, LENGTH_BYTES);
  return frame;
}

export interface FrameReader {
  /** Hands on what is complete; throws on a frame that is too long or no JSON. */
  push(chunk: Buffer): void;
}

export function createFrameReader(
  maxBytes: number,
  onMessage: (message: unknown) => void,
): FrameReader {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= LENGTH_BYTES) {
        const length = rest.readUInt32BE();
        if (length > maxBytes) {
          throw new Error(`a frame is at most ${maxBytes} bytes long, was ${length}`);
        }
        const end = LENGTH_BYTES + length;
        if (rest.length < end) return;
        const body = rest.subarray(LENGTH_BYTES, end).toString();
        rest = rest.subarray(end);
        onMessage(JSON.parse(body) as unknown);
      }
    },
  };
}
