/** A stream's chunks on their way up: read, sealed in order, and stored a few at a time. */
import { LocalFileFailed } from "../errors.ts";
import { StreamLayout } from "../wire/chunks.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { RECORDS_PER_CHUNK } from "../wire/limits.ts";
import type { ChunkStore } from "../transport/store.ts";
import { ChunkSealer, fullChunk, type SealedFile } from "./chunks.ts";
import { recordsOf } from "./records.ts";

/** Chunks on the line at once; one more is being sealed. */
const PARALLEL = 3;

/** One stream that is up: all leaves back to back, records, sealed bytes. */
export interface Carried {
  readonly leaves: Bytes;
  readonly records: number;
  readonly sealed: number;
}

/** What an earlier visit carried up, and where this one writes down what it seals. */
export interface Kept {
  /** The leaves of a chunk that the server holds; null: it is still to come. */
  leavesOf(chunk: number): Bytes | null;
  /** The source may not be the one of before: what the server holds is read again and compared. */
  readonly doubtful: boolean;
  /** The leaves of a chunk that is about to leave. */
  sealed(chunk: number, leaves: Bytes): void;
}

/**
 * Carries one stream of `total` bytes, which `content` must give exactly, from any byte on. `onBytes` hears how many are
 * stored by now. Raises `source_changed` if what was carried up before was something else.
 */
export async function carryUp(
  file: SealedFile,
  stream: StreamName,
  store: Pick<ChunkStore, "put">,
  content: (from: number) => AsyncIterable<Bytes>,
  total: number,
  onBytes: (stored: number) => void = () => undefined,
  kept: Kept | null = null,
): Promise<Carried> {
  const sealer = await ChunkSealer.create(file, stream);
  const layout = StreamLayout.of(sealer.recordSize, total);
  const belt = new Belt(store, stream, Math.min(fullChunk(stream, file), layout.sealed), onBytes);
  for (let chunk = 0; chunk < layout.chunks; ) {
    const end = endOfRun(chunk, layout.chunks, kept);
    const held = kept?.leavesOf(chunk) != null;
    const first = chunk * RECORDS_PER_CHUNK;
    const last = Math.min(end * RECORDS_PER_CHUNK, layout.records);
    if (held) {
      for (; chunk < end; chunk++) sealer.known(kept!.leavesOf(chunk)!);
      belt.there(Math.min(last * sealer.recordSize, total) - first * sealer.recordSize);
      if (kept!.doubtful) await compare(sealer, content(first * sealer.recordSize), first, last);
      continue;
    }
    let index = first;
    for await (const plaintext of recordsOf(content(first * sealer.recordSize), sealer.recordSize)) {
      const room = await belt.room();
      const length = await sealer.add(plaintext, index === layout.records - 1, room);
      belt.filled(length, plaintext.length);
      index++;
      if (index % RECORDS_PER_CHUNK === 0 || index === last) {
        kept?.sealed(chunk, sealer.leaves.since(chunk * RECORDS_PER_CHUNK));
        belt.send(chunk++);
      }
      if (index === last) break;
    }
    if (index < last) throw sourceChanged(); // the source ended early
  }
  await belt.empty();
  return { leaves: sealer.leaves.joined(), records: sealer.leaves.count, sealed: layout.sealed };
}

/** The chunk behind the last of those that are, like this one, held or to come. */
function endOfRun(chunk: number, chunks: number, kept: Kept | null): number {
  if (kept === null) return chunks;
  const held = kept.leavesOf(chunk) !== null;
  let end = chunk + 1;
  while (end < chunks && (kept.leavesOf(end) !== null) === held) end++;
  return end;
}

async function compare(sealer: ChunkSealer, pieces: AsyncIterable<Bytes>, first: number, last: number): Promise<void> {
  let index = first;
  for await (const plaintext of recordsOf(pieces, sealer.recordSize)) {
    if (!(await sealer.is(index, plaintext))) throw sourceChanged();
    if (++index === last) return;
  }
  throw sourceChanged();
}

function sourceChanged(): LocalFileFailed {
  return new LocalFileFailed("A file changed since this began.", { code: "source_changed", hint: "Leave it on the server anew.", retryable: true });
}

/** Buffers that go round: filled here, stored over there, filled again. */
class Belt {
  private readonly store: Pick<ChunkStore, "put">;
  private readonly stream: StreamName;
  private readonly size: number;
  private readonly onBytes: (stored: number) => void;
  private readonly free: Bytes[] = [];
  private readonly under = new Set<Promise<void>>();
  private chunk: Bytes | null = null;
  private length = 0;
  private plain = 0;
  private stored = 0;

  constructor(store: Pick<ChunkStore, "put">, stream: StreamName, size: number, onBytes: (stored: number) => void) {
    this.store = store;
    this.stream = stream;
    this.size = size;
    this.onBytes = onBytes;
  }

  /** Where the next record goes; waits for a buffer. Raises what a chunk under way met. */
  async room(): Promise<Bytes> {
    while (this.chunk === null && this.under.size >= PARALLEL) await Promise.race(this.under);
    this.chunk ??= this.free.pop() ?? new Uint8Array(this.size);
    return this.chunk.subarray(this.length);
  }

  filled(sealed: number, plain: number): void {
    this.length += sealed;
    this.plain += plain;
  }

  /** So many bytes were stored before. */
  there(plain: number): void {
    this.stored += plain;
    this.onBytes(this.stored);
  }

  send(number: number): void {
    const { chunk, length, plain } = this;
    if (chunk === null) return;
    [this.chunk, this.length, this.plain] = [null, 0, 0];
    const putting = this.store.put(this.stream, number, chunk.subarray(0, length)).then(() => {
      this.under.delete(putting); // one that failed stays, to be raised
      this.free.push(chunk);
      this.stored += plain;
      this.onBytes(this.stored);
    });
    putting.catch(() => undefined);
    this.under.add(putting);
  }

  async empty(): Promise<void> {
    await Promise.all(this.under);
  }
}
