/** The chunks of a park come out as frames (protocol.md §17); one that still comes is waited for. Twin of park_down.py. */
import { streamRecordSize } from "../crypto_engine.ts";
import { Interrupted, NotFound } from "../errors.ts";
import { StreamLayout } from "../wire/chunks.ts";
import { writeFrameHeader, type StreamName } from "../wire/frames.ts";
import { FRAME_HEADER_BYTES, RECORDS_PER_CHUNK } from "../wire/limits.ts";
import type { ChunkStore } from "./store.ts";
import { PathEnded, type ReceiveEnd } from "./transport.ts";

/** A chunk that still comes is waited for so long. */
const SILENCE_MILLISECONDS = 10 * 60_000;
const AGAIN_MILLISECONDS = 200;

/** What a reader is told of a park. */
export interface ParkSizes {
  readonly recordSize: number;
  readonly manifestBytes: number;
  readonly contentBytes: number;
}

/** Where a park's chunks come out as frames, from these records on. */
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
