/** A stream's chunks on their way up: read, sealed in order, and stored a few at a time. */
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

/** Carries one stream of `total` bytes, which `pieces` must give exactly. `onBytes` hears how many are stored by now. */
export async function carryUp(
  file: SealedFile,
  stream: StreamName,
  store: Pick<ChunkStore, "put">,
  pieces: AsyncIterable<Bytes>,
  total: number,
  onBytes: (stored: number) => void = () => undefined,
): Promise<Carried> {
  const sealer = await ChunkSealer.create(file, stream);
  const layout = StreamLayout.of(sealer.recordSize, total);
  const belt = new Belt(store, stream, Math.min(fullChunk(stream, file), layout.sealed), onBytes);
  let index = 0;
  for await (const plaintext of recordsOf(pieces, sealer.recordSize)) {
    const room = await belt.room();
    const length = await sealer.add(plaintext, index === layout.records - 1, room);
    belt.filled(length, plaintext.length);
    index++;
    if (index % RECORDS_PER_CHUNK === 0 || index === layout.records) belt.send();
  }
  await belt.empty();
  return { leaves: sealer.leaves.joined(), records: sealer.leaves.count, sealed: layout.sealed };
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
  private number = 0;
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

  send(): void {
    const { chunk, length, plain } = this;
    if (chunk === null) return;
    [this.chunk, this.length, this.plain] = [null, 0, 0];
    const putting = this.store.put(this.stream, this.number++, chunk.subarray(0, length)).then(() => {
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
