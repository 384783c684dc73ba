/** Recorded ticks in files, `.csv` or `.csv.gz`, read as a stream and merged by time. */

import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { utcDateOf } from '#kernel/business-date';
import { type RecordedRow, type RecordingFormat, recordingFormatOf } from './recording-formats.ts';

/** A line longer than this is no tick. */
const MAX_LINE_LENGTH = 4_096;

export class UnreadableRecording extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnreadableRecording';
  }
}

export interface PlacedRow extends RecordedRow {
  /** Milliseconds since the beginning of its recording. */
  readonly offsetMs: number;
  /** Event time minus the time of recording that is the recorder's doing: the clocks differ. */
  readonly clockSkewMs: number;
  /** `replay:` and the file's base name. */
  readonly source: string;
}

export interface UnreadableLine {
  readonly source: string;
  readonly line: number;
  readonly reason: string;
}

export interface Recording {
  /** All rows in order of offset; rows of one file keep their order. */
  rows(): AsyncGenerator<PlacedRow | UnreadableLine, void>;
  readonly sources: readonly string[];
}

/** Opens the files. Throws UnreadableRecording for one that is not there or of no known form. */
export function openRecording(files: readonly string[]): Recording {
  const sources = files.map((file) => sourceNameOf(file));
  return {
    sources,
    async *rows() {
      const tracks = files.map((file) => rowsOfFile(file));
      try {
        const heads = await Promise.all(tracks.map((track) => track.next()));
        const first = heads.flatMap(({ value }) => (value && isRow(value) ? value : []));
        yield* merged(tracks, heads, startsByDay(first));
      } finally {
        await Promise.all(tracks.map((track) => track.return()));
      }
    },
  };
}

/** Without folder and endings, such as `replay:fx_quotes_20140508`. */
export function sourceNameOf(file: string): string {
  return `replay:${path
    .basename(file)
    .replace(/\.gz$/, '')
    .replace(/\.csv$/, '')}`;
}

export function isRow<T extends object>(row: T | UnreadableLine): row is T {
  return !('reason' in row);
}

type TrackRow =
  (RecordedRow & { readonly source: string; readonly clockSkewMs: number }) | UnreadableLine;
type Track = AsyncGenerator<TrackRow, void>;

/**
 * Where each day of recording begins. Files of one day keep their distance in time; those of
 * another day start together with them, instead of years apart.
 */
function startsByDay(firstRows: readonly RecordedRow[]): Map<string, number> {
  const starts = new Map<string, number>();
  for (const { recordedAtMs } of firstRows) {
    const day = utcDateOf(recordedAtMs);
    starts.set(day, Math.min(starts.get(day) ?? recordedAtMs, recordedAtMs));
  }
  return starts;
}

async function* merged(
  tracks: readonly Track[],
  heads: IteratorResult<TrackRow, void>[],
  starts: ReadonlyMap<string, number>,
): AsyncGenerator<PlacedRow | UnreadableLine, void> {
  const startOfTrack = heads.map(({ value }) =>
    value && isRow(value) ? (starts.get(utcDateOf(value.recordedAtMs)) ?? value.recordedAtMs) : 0,
  );
  const offsets = tracks.map(() => 0);
  const place = (index: number): void => {
    const value = heads[index]?.value;
    if (!value || !isRow(value)) return;
    const offset = value.recordedAtMs - (startOfTrack[index] ?? 0);
    // A recorder's clock may step back; the order of the file stands.
    offsets[index] = Math.max(offsets[index] ?? 0, offset);
  };
  tracks.forEach((_track, index) => place(index));
  for (;;) {
    let first = -1;
    heads.forEach((head, index) => {
      if (head.done) return;
      if (first < 0 || (offsets[index] ?? 0) < (offsets[first] ?? 0)) first = index;
    });
    const value = heads[first]?.value;
    const track = tracks[first];
    if (!value || !track) return;
    yield isRow(value) ? { ...value, offsetMs: offsets[first] ?? 0 } : value;
    heads[first] = await track.next();
    place(first);
  }
}

async function* rowsOfFile(file: string): Track {
  const source = sourceNameOf(file);
  let format: RecordingFormat | undefined;
  let clockSkewMs: number | undefined;
  let line = 0;
  for await (const text of linesOf(file)) {
    line++;
    if (format === undefined) {
      format = recordingFormatOf(text, path.basename(file));
      if (format === undefined) {
        throw new UnreadableRecording(`${file}: expected the header of a tick recording`);
      }
      continue;
    }
    const row = format(text);
    if (typeof row === 'string') {
      yield { source, line, reason: row };
      continue;
    }
    clockSkewMs ??= row.eventTimeMs - row.recordedAtMs;
    yield { ...row, source, clockSkewMs };
  }
}

async function* linesOf(file: string): AsyncGenerator<string, void> {
  const input = createReadStream(file);
  const text: Readable = file.endsWith('.gz') ? input.pipe(createGunzip()) : input;
  // A pipe does not pass errors on.
  input.on('error', (error) => text.destroy(error));
  let rest = '';
  try {
    for await (const chunk of text.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_LENGTH) {
        const expected = `expected lines up to ${MAX_LINE_LENGTH} characters`;
        throw new UnreadableRecording(`${file}: ${expected}`);
      }
      for (const each of lines) if (each !== '') yield each.trimEnd();
    }
    if (rest !== '') yield rest;
  } catch (cause) {
    if (cause instanceof UnreadableRecording) throw cause;
    const why = cause instanceof Error ? cause.message : 'it cannot be read';
    throw new UnreadableRecording(`${file}: ${why}`, { cause });
  } finally {
    input.destroy();
    text.destroy();
  }
}
