/** Record frames on a path (protocol.md §8): `u32 length ‖ u8 stream ‖ u8 final ‖ u16 0 ‖ u64 index ‖ record`. */
import { IntegrityFailed } from "../errors.ts";
import { malformed, type Bytes } from "./encoding.ts";
import { FRAME_HEADER_BYTES, RECORD_OVERHEAD, manifestRecordSize } from "./limits.ts";

export type StreamName = "manifest" | "content";

export interface FrameHeader {
  readonly length: number; // of the record that follows, 28 to record size + 28
  readonly stream: StreamName;
  readonly final: boolean;
  readonly index: number;
}

/** Writes the 16 header bytes at `out[0:]`. */
export function writeFrameHeader(header: FrameHeader, out: Uint8Array): void {
  const view = new DataView(out.buffer, out.byteOffset, FRAME_HEADER_BYTES);
  view.setUint32(0, header.length);
  view.setUint8(4, header.stream === "manifest" ? 1 : 2);
  view.setUint8(5, header.final ? 1 : 0);
  view.setUint16(6, 0);
  view.setUint32(8, Math.floor(header.index / 2 ** 32));
  view.setUint32(12, header.index >>> 0);
}

export function frameHeader(header: FrameHeader): Bytes {
  const out = new Uint8Array(FRAME_HEADER_BYTES);
  writeFrameHeader(header, out);
  return out;
}

/** Reads 16 header bytes by form alone; `FrameReader` also knows which frame must come next. */
export function readFrameHeader(bytes: Uint8Array): FrameHeader {
  if (bytes.length !== FRAME_HEADER_BYTES) throw malformed("not a frame header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  const stream = view.getUint8(4);
  const final = view.getUint8(5);
  if ((stream !== 1 && stream !== 2) || final > 1 || view.getUint16(6) !== 0) throw malformed("not a frame header");
  return {
    length: view.getUint32(0),
    stream: stream === 1 ? "manifest" : "content",
    final: final === 1,
    index: view.getUint32(8) * 2 ** 32 + view.getUint32(12),
  };
}

/**
 * Which frame may come next on one path, for an offer's record size. A later path begins at the records it named.
 *
 * `allowContent` is called when the manifest's head is complete: content before that is out of order.
 */
export class FrameReader {
  readonly #full: Readonly<Record<StreamName, number>>;
  readonly #next: Record<StreamName, number>;
  readonly #ended: Record<StreamName, boolean> = { manifest: false, content: false };
  #contentAllowed: boolean;

  /** `manifest` and `content`: the first index of each stream here; `ended`: streams whose final record came before. */
  constructor(recordSize: number, manifest = 0, content = 0, ended: Iterable<StreamName> = []) {
    this.#full = { manifest: manifestRecordSize(recordSize) + RECORD_OVERHEAD, content: recordSize + RECORD_OVERHEAD };
    this.#next = { manifest, content };
    this.#contentAllowed = content > 0;
    for (const stream of ended) this.#ended[stream] = true;
  }

  /** Both final records were announced: no byte may follow the last of them. */
  get ended(): boolean {
    return this.#ended.manifest && this.#ended.content;
  }

  /** The manifest's head is complete. */
  allowContent(): void {
    this.#contentAllowed = true;
  }

  /**
   * Reads the next header before its record is read. Raises `malformed` for the form, a length outside
   * 28 … full + 28 or anything after the end; `out_of_order` for an index that is not the next, a stream that has
   * ended, or content too early.
   */
  accept(bytes: Uint8Array): FrameHeader {
    if (this.ended) throw malformed("bytes after the end");
    const header = readFrameHeader(bytes);
    const { stream, length, index } = header;
    if (length < RECORD_OVERHEAD || length > this.#full[stream]) throw malformed("a record of the wrong length");
    if (this.#ended[stream] || index !== this.#next[stream]) throw outOfOrder("a record out of order");
    if (stream === "content" && !this.#contentAllowed) throw outOfOrder("content before the manifest's head");
    this.#next[stream]++;
    this.#ended[stream] = header.final;
    return header;
  }

  /** Says nothing more comes, on this path or a later one; `truncated` before both final records. */
  end(): void {
    if (!this.ended) throw new IntegrityFailed("the path ends before its final records", { code: "truncated" });
  }
}

function outOfOrder(why: string): IntegrityFailed {
  return new IntegrityFailed(why, { code: "out_of_order" });
}
