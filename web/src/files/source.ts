/** What is sent: items of the page as entries of a transfer, and their bytes back to back.
 *
 * A file that changes or vanishes while it is read stops the transfer (`source_changed`): half of the old and half of
 * the new is nobody's file.
 */
import { LocalFileFailed, UsageError } from "../errors.ts";
import type { OutgoingItem } from "../transfer/state.ts";
import { utf8, type Bytes } from "../wire/encoding.ts";
import { MIB } from "../wire/limits.ts";
import { UniqueNames, wirePath } from "./names.ts";

/** One thing to send. `modified` is milliseconds since 1970, 0 = not told. */
export interface SourceEntry {
  readonly path: string;
  readonly kind: "file" | "directory" | "text";
  readonly size: number;
  readonly modified: number;
  readonly mediaType: string;
}

export interface Source {
  readonly entries: readonly SourceEntry[];
  /** The times of some are others than those told in `entries`. */
  readonly touched?: boolean;
  /** Sum of all sizes. */
  readonly bytes: number;
  /** The content from this byte on, in order, in pieces of any size. May be asked for again. */
  content(from?: number): AsyncGenerator<Bytes, void, undefined>;
}

const READ_BYTES = 4 * MIB;
/** Bytes and reads under way at once: many small files must not cost one round trip each. */
const AHEAD_BYTES = 16 * MIB;
const AHEAD_READS = 32;
/** From here on a file is read as a stream. */
const STREAM_BYTES = 16 * MIB;
const MOST_DEEP = 64;
const LONGEST_PATH = 4096;

/** Files and empty directories. Names the wire refuses are changed as the command line changes them. */
export function fileSource(items: readonly OutgoingItem[]): Source {
  if (items.length === 0) throw new UsageError("There is nothing to send.", { code: "nothing_to_send" });
  const files: File[] = [];
  const entries: SourceEntry[] = [];
  const paths = new UniquePaths();
  let bytes = 0;
  for (const { path, file } of items) {
    entries.push({
      path: paths.claim(wirePath(path)),
      kind: file === null ? "directory" : "file",
      size: file?.size ?? 0,
      modified: file === null ? 0 : Math.max(0, Math.trunc(file.lastModified)),
      mediaType: file !== null && /^[\x20-\x7e]{1,127}$/.test(file.type) ? file.type : "",
    });
    if (file !== null) files.push(file);
    bytes += file?.size ?? 0;
  }
  return { entries, bytes, content: (from = 0) => readAll(files, from) };
}

/** A message. */
export function textSource(text: string): Source {
  const bytes = utf8(text);
  const entry: SourceEntry = { path: "", kind: "text", size: bytes.length, modified: 0, mediaType: "text/plain;charset=utf-8" };
  return {
    entries: [entry],
    bytes: bytes.length,
    async *content(from = 0) {
      yield await Promise.resolve(bytes.subarray(from));
    },
  };
}

/** Two picked files of one name travel as `a.txt` and `a (1).txt`: a manifest holds a path once. */
class UniquePaths {
  private readonly folders = new Map<string, UniqueNames>();

  claim(path: string): string {
    if (path.length > LONGEST_PATH || path.split("/").length > MOST_DEEP) {
      throw new LocalFileFailed("A file lies too deep in its folders to be sent.", { code: "unsafe_name" });
    }
    const cut = path.lastIndexOf("/") + 1;
    const folder = path.slice(0, cut);
    const names = this.folders.get(folder) ?? new UniqueNames(false);
    this.folders.set(folder, names);
    return folder + names.claim(path.slice(cut));
  }
}

/** Every byte of the files from this one on, reading a little ahead of what is taken. */
async function* readAll(files: readonly File[], begin: number): AsyncGenerator<Bytes, void, undefined> {
  const pending: { readonly read: Promise<Bytes>; readonly length: number }[] = [];
  let ahead = 0;
  const next = (): Promise<Bytes> => {
    const { read, length } = pending.shift()!;
    ahead -= length;
    return read;
  };
  for (const [file, from, to] of slices(files, begin)) {
    if (file.size >= STREAM_BYTES) {
      while (pending.length > 0) yield await next();
      yield* streamed(file, from);
      continue;
    }
    while (pending.length > 0 && (pending.length === AHEAD_READS || ahead + to - from > AHEAD_BYTES)) yield await next();
    const read = readSlice(file, from, to);
    read.catch(() => undefined); // raised where it is taken; one that is never taken must not count as unhandled
    pending.push({ read, length: to - from });
    ahead += to - from;
  }
  while (pending.length > 0) yield await next();
}

/** One big file, as fast as the browser reads it (measured: twice the speed of slices). */
async function* streamed(file: File, from: number): AsyncGenerator<Bytes, void, undefined> {
  const reader = (from === 0 ? file : file.slice(from)).stream().getReader();
  let left = file.size - from;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw changed();
      });
      if (done) break;
      left -= value.length;
      if (left < 0) throw changed();
      yield value;
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
  if (left > 0) throw changed();
}

/** What comes at or behind byte `begin` of them all. Small files in pieces; a big one is named once, whole. */
function* slices(files: readonly File[], begin: number): Generator<[file: File, from: number, to: number]> {
  let start = 0;
  for (const file of files) {
    const skip = Math.min(file.size, Math.max(0, begin - start));
    start += file.size;
    if (skip === file.size) continue;
    if (file.size >= STREAM_BYTES) {
      yield [file, skip, file.size];
      continue;
    }
    for (let from = skip; from < file.size; from += READ_BYTES) yield [file, from, Math.min(from + READ_BYTES, file.size)];
  }
}

async function readSlice(file: File, from: number, to: number): Promise<Bytes> {
  let bytes: Bytes;
  try {
    bytes = new Uint8Array(await file.slice(from, to).arrayBuffer());
  } catch {
    throw changed();
  }
  if (bytes.length !== to - from) throw changed();
  return bytes;
}

function changed(): LocalFileFailed {
  return new LocalFileFailed("A file changed or vanished while it was read.", {
    code: "source_changed",
    hint: "Choose it again and send it again.",
    retryable: true,
  });
}
