/** Frames come to rest on the server's disk as the chunks of a park (protocol.md §17). Opens no record. Twin of park_up.py. */
import { streamRecordSize } from "../crypto_engine.ts";
import { Interrupted } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { FRAME_HEADER_BYTES, RECORDS_PER_CHUNK, RECORD_OVERHEAD } from "../wire/limits.ts";
import type { ChunkStore } from "./store.ts";
import type { SendEnd } from "./transport.ts";

/** Chunks on the line at once; one more is being filled. */
const PARALLEL = 3;
const CONTENT = 2;

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
