/** The server's disk as a path between two who need not be there at once (protocol.md §17): frames into chunks and back. */
import { streamRecordSize } from "../crypto_engine.ts";
import { Interrupted, NotFound } from "../errors.ts";
import { StreamLayout } from "../wire/chunks.ts";
import type { Bytes } from "../wire/encoding.ts";
import { writeFrameHeader, type StreamName } from "../wire/frames.ts";
import { FRAME_HEADER_BYTES, RECORDS_PER_CHUNK, RECORD_OVERHEAD } from "../wire/limits.ts";
import type { ChunkStore } from "./store.ts";
import { PathEnded, type ReceiveEnd, type SendEnd } from "./transport.ts";

/** Chunks on the line at once; one more is being filled. */
const PARALLEL = 3;
const CONTENT = 2;
/** A chunk that still comes is waited for so long. */
const SILENCE_MILLISECONDS = 10 * 60_000;
const AGAIN_MILLISECONDS = 200;

/** Where frames become chunks. The first frame of each stream is the first record of the chunk it is said to begin with. */
export class ParkingEnd implements SendEnd {
  readonly kind = "store";
  readonly detail = "park";
  private readonly store: Pick<ChunkStore, "put">;
  private readonly recordSize: number;
  private readonly number: Record<StreamName, number>;
  private readonly stored: (content: number) => void;
  private readonly free: Bytes[] = [];
  private readonly under = new Set<Promise<void>>();
  private chunk: Bytes | null = null;
  private stream: StreamName = "manifest";
  private length = 0;
  private records = 0;
  private aborted = false;

  /** `stored` hears of each chunk of content that is durable, how many records it has. */
  constructor(store: Pick<ChunkStore, "put">, recordSize: number, manifestFrom: number, contentFrom: number, stored: (content: number) => void) {
    this.store = store;
    this.recordSize = recordSize;
    this.number = { manifest: manifestFrom, content: contentFrom };
    this.stored = stored;
  }

  /** Takes whole frames. */
  async send(...frames: readonly Bytes[]): Promise<void> {
    for (const frame of frames) {
      const stream = frame[4] === CONTENT ? "content" : "manifest";
      if (stream !== this.stream) await this.put();
      this.stream = stream;
      const size = (streamRecordSize("content", this.recordSize) + RECORD_OVERHEAD) * RECORDS_PER_CHUNK;
      while (this.chunk === null && this.under.size >= PARALLEL) await Promise.race(this.under);
      this.check();
      this.chunk ??= this.free.pop() ?? new Uint8Array(size);
      this.chunk.set(frame.subarray(FRAME_HEADER_BYTES), this.length);
      this.length += frame.length - FRAME_HEADER_BYTES;
      this.records++;
      if (this.records === RECORDS_PER_CHUNK) await this.put();
    }
  }

  async finish(): Promise<void> {
    await this.put();
    await Promise.all(this.under);
    this.check();
  }

  abort(): void {
    this.aborted = true;
  }

  private put(): Promise<void> {
    const { chunk, length, records, stream } = this;
    if (chunk === null) return Promise.resolve();
    [this.chunk, this.length, this.records] = [null, 0, 0];
    const putting = this.store.put(stream, this.number[stream]++, chunk.subarray(0, length)).then(() => {
      this.under.delete(putting); // one that failed stays, to be raised
      this.free.push(chunk);
      if (stream === "content") this.stored(records);
    });
    putting.catch(() => undefined);
    this.under.add(putting);
    return Promise.resolve();
  }

  private check(): void {
    if (this.aborted) throw new Interrupted("It goes on by another way.", { retryable: true });
  }
}

/** What a reader is told of a park. */
export interface ParkSizes {
  readonly recordSize: number;
  readonly manifestBytes: number;
  readonly contentBytes: number;
}

/** Where a park's chunks come out as frames, from these records on; a chunk that still comes is waited for. */
export class ParkedEnd implements ReceiveEnd {
  readonly kind = "store";
  readonly detail = "park";
  private readonly store: Pick<ChunkStore, "get">;
  private readonly frames: AsyncGenerator<Uint8Array, void, undefined>;
  private piece: Uint8Array = new Uint8Array(0);
  private aborted = false;

  constructor(store: Pick<ChunkStore, "get">, sizes: ParkSizes, manifest: number, content: number) {
    this.store = store;
    this.frames = this.all(sizes, manifest, content);
  }

  async receiveInto(view: Uint8Array): Promise<void> {
    let filled = 0;
    while (filled < view.length) {
      if (this.aborted) throw new Interrupted("It was given up here.", { retryable: true });
      if (this.piece.length === 0) {
        const next = await this.frames.next();
        if (next.done === true) throw new PathEnded();
        this.piece = next.value;
      }
      const part = this.piece.subarray(0, view.length - filled);
      view.set(part, filled);
      filled += part.length;
      this.piece = this.piece.subarray(part.length);
    }
  }

  hasMore(): boolean {
    return this.piece.length > 0;
  }

  abort(): void {
    this.aborted = true;
  }

  private async *all({ recordSize, manifestBytes, contentBytes }: ParkSizes, manifest: number, content: number): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.stream("manifest", new StreamLayout(streamRecordSize("manifest", recordSize), manifestBytes), manifest);
    yield* this.stream("content", new StreamLayout(recordSize, contentBytes), content);
  }

  private async *stream(stream: StreamName, layout: StreamLayout, first: number): AsyncGenerator<Uint8Array, void, undefined> {
    layout.check();
    const header = new Uint8Array(FRAME_HEADER_BYTES);
    let ahead: Promise<Uint8Array> | null = null;
    for (let number = Math.floor(first / RECORDS_PER_CHUNK); first < layout.records && number < layout.chunks; number++) {
      const chunk = await (ahead ?? this.fetched(stream, number, layout));
      ahead = number + 1 < layout.chunks ? this.fetched(stream, number + 1, layout) : null;
      ahead?.catch(() => undefined); // raised where it is taken
      const begin = number * RECORDS_PER_CHUNK;
      for (let index = Math.max(first, begin); index < Math.min(begin + RECORDS_PER_CHUNK, layout.records); index++) {
        const record = chunk.subarray((index - begin) * layout.fullRecord, (index - begin + 1) * layout.fullRecord);
        writeFrameHeader({ length: record.length, stream, final: index === layout.records - 1, index }, header);
        yield header;
        yield record;
      }
    }
  }

  private async fetched(stream: StreamName, number: number, layout: StreamLayout): Promise<Uint8Array> {
    const length = layout.chunkLength(number);
    for (const since = performance.now(); ; ) {
      const came = await this.store.get(stream, number, new ArrayBuffer(length)).catch((error: unknown) => {
        throw error instanceof NotFound ? new Interrupted("What was left on the server is gone.", { retryable: true }) : error;
      });
      if (came !== null) {
        if (came.length !== length) throw new Interrupted("The server gave a part of a wrong length.", { retryable: true });
        return new Uint8Array(came.buffer, 0, came.length);
      }
      if (this.aborted || performance.now() - since > SILENCE_MILLISECONDS) {
        throw new Interrupted("What was left on the server does not come any further.", { code: "stands_still", retryable: true });
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS));
    }
  }
}
