/** Sealed records into a path: the same bytes cut to records, each sealed, framed and remembered by its mark. */
import { RecordSealer, type FileKey, type Marks } from "../crypto_engine.ts";
import type { SendEnd } from "../transport/transport.ts";
import type { Bytes } from "../wire/encoding.ts";
import { writeFrameHeader, type StreamName } from "../wire/frames.ts";
import { FRAME_HEADER_BYTES, RECORD_OVERHEAD } from "../wire/limits.ts";
import type { SendWindow } from "./window.ts";

/** Beyond the largest plaintext: header, IV and tag, and room the sealer may use. */
const FRAME_ROOM = FRAME_HEADER_BYTES + RECORD_OVERHEAD + 16;

/** What all records of one transfer have in common. */
export interface Sealing {
  readonly key: FileKey;
  readonly id: Bytes;
  readonly version: number;
  readonly recordSize: number; // of the content
  readonly marks: Marks;
}

/** One stream's part of a path. */
export interface Part {
  readonly stream: StreamName;
  readonly total: number; // bytes of the whole stream
  readonly recordSize: number;
  readonly first: number; // the record to begin with
  readonly pieces: AsyncIterable<Bytes>; // the bytes from there on
  readonly window: SendWindow | null;
  /** Records below are sealed again for somebody who does not need them: their marks stay. */
  readonly markFrom?: number;
}

/** Who hears of each record right before the path gets it, with its mark in front: its ack may come while the path still takes it. */
export type Handing = (stream: StreamName, index: number, sealed: Uint8Array, bytes: number) => void;

export type Leafing = (stream: StreamName, plaintext: Bytes) => Promise<void>;

/** Records of `total` bytes; no bytes at all are one empty record. */
export function recordCount(total: number, recordSize: number): number {
  return Math.max(1, Math.ceil(total / recordSize));
}

/** Seals records and puts them into one path, in frames. */
export class FrameWriter {
  private readonly end: SendEnd;
  private readonly sealing: Sealing;
  private readonly handing: Handing;
  private readonly leafing: Leafing | null;
  private readonly frame: Uint8Array<ArrayBuffer>;

  /** `leafing`: sees each plaintext before it is sealed. */
  constructor(end: SendEnd, sealing: Sealing, handing: Handing, leafing: Leafing | null = null) {
    this.leafing = leafing;
    this.end = end;
    this.sealing = sealing;
    this.handing = handing;
    this.frame = new Uint8Array(sealing.recordSize + FRAME_ROOM);
  }

  /** Writes this part. False if `leave` said before a record that it goes elsewhere. */
  async write({ stream, total, recordSize, first, pieces, window, markFrom }: Part, leave: () => boolean): Promise<boolean> {
    const { key, id, version, marks } = this.sealing;
    const count = recordCount(total, recordSize);
    if (first >= count) return true;
    const sealer = await RecordSealer.create(key, stream, id, version, this.sealing.recordSize);
    let index = first;
    for await (const plaintext of recordsOf(pieces, recordSize)) {
      await window?.room(index);
      if (leave()) return false;
      const final = index === count - 1;
      await this.leafing?.(stream, plaintext);
      const length = await sealer.sealInto(index, final, plaintext, this.frame.subarray(FRAME_HEADER_BYTES));
      writeFrameHeader({ length, stream, final, index }, this.frame);
      const sealed = this.frame.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + length);
      if (index >= (markFrom ?? 0)) marks.put(stream, index, sealed);
      this.handing(stream, index, sealed, plaintext.length);
      await this.end.send(this.frame.subarray(0, FRAME_HEADER_BYTES + length));
      index++;
    }
    return true;
  }
}

/** The same bytes in pieces of exactly `size`, the last one shorter; no bytes at all are one empty piece. */
export async function* recordsOf(pieces: AsyncIterable<Bytes>, size: number): AsyncGenerator<Bytes, void, undefined> {
  const room = new Uint8Array(size);
  let filled = 0;
  for await (const piece of pieces) {
    let at = 0;
    while (at < piece.length) {
      if (filled === size) {
        yield room;
        filled = 0;
      }
      // A whole record inside the piece needs no copy, but the last one may be the final: keep it for then.
      if (filled === 0 && piece.length - at > size) {
        yield piece.subarray(at, at + size);
        at += size;
        continue;
      }
      const part = piece.subarray(at, at + size - filled);
      room.set(part, filled);
      filled += part.length;
      at += part.length;
    }
  }
  // Nothing is left only if nothing came, perhaps in empty pieces: that is one record of nothing.
  yield room.subarray(0, filled);
}

/** Bytes that are here already, as a source gives them. */
export async function* one(bytes: Bytes): AsyncGenerator<Bytes, void, undefined> {
  yield await Promise.resolve(bytes);
}
