/**
 * Sealed records (protocol.md §4.1): `IV(12) ‖ Tag(16) ‖ Ciphertext`, bound to their place in one stream.
 *
 * The hot path: no allocation of our own per record, and each byte is copied once more than WebCrypto copies it.
 */
import { IntegrityFailed, UsageError } from "../errors.ts";
import { malformed, type Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import {
  ID_BYTES,
  RECORDS_MAX,
  RECORD_OVERHEAD,
  RECORD_SIZE_MAX,
  RECORD_SIZE_MIN,
  manifestRecordSize,
} from "../wire/limits.ts";
import { recordKey, type FileKey } from "./file_key.ts";
import { lp, u64, u8, writeU64 } from "./kdf.ts";
import { NONCE_BYTES, TAG_BYTES, aesGcm, fillRandom, notAuthentic, type Aead } from "./primitives.ts";

/** Bytes a caller keeps free behind a record to open, and behind the room for a record to seal. */
export const SPARE_BYTES = TAG_BYTES;

const INDEX_AT = 4 + ID_BYTES + 4 + 8 + 4; // of the index within LP(id, version, index, final)
const FINAL_AT = INDEX_AT + 8 + 4;

/** Full plaintext size of the stream's records for an offer's record size; `malformed` out of range. */
export function streamRecordSize(stream: StreamName, recordSize: number): number {
  if (!Number.isInteger(recordSize) || recordSize < RECORD_SIZE_MIN || recordSize > RECORD_SIZE_MAX) {
    throw malformed("a record size out of range");
  }
  return stream === "manifest" ? manifestRecordSize(recordSize) : recordSize;
}

export async function streamAead(key: FileKey, stream: StreamName, id: Bytes, version: number): Promise<Aead> {
  const raw = await recordKey(key, stream, id, version);
  const aead = await aesGcm(raw);
  raw.fill(0);
  return aead;
}

function associatedFor(id: Bytes, version: number): Bytes {
  return recordContext(id, version, 0, false);
}

/** The associated data of one record. */
export function recordContext(id: Bytes, version: number, index: number, final: boolean): Bytes {
  return lp(id, u64(version), u64(index), u8(final ? 1 : 0));
}

/**
 * Seals the records of one stream. `recordSize` is the offer's; a manifest's is cut to 65 536.
 * Indices must rise and the final record is the last.
 */
export class RecordSealer {
  readonly #aead: Aead;
  readonly #associated: Bytes;
  readonly #recordSize: number;
  readonly #iv: Bytes = new Uint8Array(NONCE_BYTES);
  #next = 0;
  #ended = false;

  private constructor(aead: Aead, associated: Bytes, recordSize: number) {
    this.#aead = aead;
    this.#associated = associated;
    this.#recordSize = recordSize;
  }

  static async create(key: FileKey, stream: StreamName, id: Bytes, version: number, recordSize: number): Promise<RecordSealer> {
    const size = streamRecordSize(stream, recordSize);
    return new RecordSealer(await streamAead(key, stream, id, version), associatedFor(id, version), size);
  }

  /**
   * Writes the sealed record at `out[0:]`, which needs `plaintext.length + 28` bytes, and returns its length.
   * Raises `malformed` for a length that is not full (or, if final, over full), `out_of_order` for an index that
   * does not rise or follows the final one, `limit` at 2³².
   */
  async sealInto(index: number, final: boolean, plaintext: Bytes, out: Uint8Array): Promise<number> {
    if (plaintext.length > this.#recordSize || (!final && plaintext.length !== this.#recordSize)) {
      throw malformed("a record of the wrong length");
    }
    if (this.#ended || index < this.#next) {
      throw new IntegrityFailed("records are sealed in order, each once", { code: "out_of_order" });
    }
    if (index >= RECORDS_MAX) throw new IntegrityFailed("too many records under one key", { code: "limit" });
    this.#next = index + 1;
    this.#ended = final;
    fillRandom(this.#iv);
    writeU64(this.#associated, INDEX_AT, index);
    this.#associated[FINAL_AT] = final ? 1 : 0;
    out.set(this.#iv);
    const sealed = await this.#aead.seal(this.#iv, this.#associated, plaintext);
    out.set(sealed.subarray(plaintext.length), NONCE_BYTES);
    out.set(sealed.subarray(0, plaintext.length), RECORD_OVERHEAD);
    return plaintext.length + RECORD_OVERHEAD;
  }
}

/** Opens the records of one stream, in order, one at a time. After any failure it opens nothing more. */
export class RecordOpener {
  readonly #aead: Aead;
  readonly #associated: Bytes;
  readonly #recordSize: number;
  #next: number;
  #state: "open" | "busy" | "ended" | "failed" = "open";

  private constructor(aead: Aead, associated: Bytes, recordSize: number, first: number) {
    this.#aead = aead;
    this.#associated = associated;
    this.#recordSize = recordSize;
    this.#next = first;
  }

  /** `first`: the index it begins with, for streams that are read by chunks. */
  static async create(key: FileKey, stream: StreamName, id: Bytes, version: number, recordSize: number, first = 0): Promise<RecordOpener> {
    const size = streamRecordSize(stream, recordSize);
    return new RecordOpener(await streamAead(key, stream, id, version), associatedFor(id, version), size, first);
  }

  /** The final record was opened. */
  get ended(): boolean {
    return this.#state === "ended";
  }

  /** The index that comes next; from 0 that is how many were opened. */
  get opened(): number {
    return this.#next;
  }

  /**
   * The plaintext of the record in `buffer[0:length]`, in memory of its own. The 16 bytes behind the record are
   * overwritten. Raises `malformed`, `out_of_order` or `not_authentic`; nothing is released before the tag verified.
   */
  async open(index: number, final: boolean, buffer: Bytes, length: number): Promise<Bytes> {
    this.#admit(index, final, buffer, length);
    writeU64(this.#associated, INDEX_AT, index);
    this.#associated[FINAL_AT] = final ? 1 : 0;
    // AES-GCM wants the tag last: copied behind the ciphertext, nothing else moves.
    buffer.copyWithin(length, NONCE_BYTES, RECORD_OVERHEAD);
    this.#state = "busy";
    try {
      const sealed = buffer.subarray(RECORD_OVERHEAD, length + TAG_BYTES);
      const plaintext = await this.#aead.open(buffer.subarray(0, NONCE_BYTES), this.#associated, sealed);
      this.#next++;
      this.#state = final ? "ended" : "open";
      return plaintext;
    } catch {
      this.#state = "failed";
      throw notAuthentic();
    }
  }

  /** Says that the stream has ended: `truncated` unless its final record was opened. */
  finish(): void {
    if (!this.ended) throw new IntegrityFailed("the stream ended too early", { code: "truncated" });
  }

  #admit(index: number, final: boolean, buffer: Bytes, length: number): void {
    if (buffer.length < length + SPARE_BYTES) throw new UsageError("16 spare bytes are needed behind a record");
    if (this.#state === "failed") throw notAuthentic();
    if (this.#state !== "open" || index !== this.#next) {
      throw this.#fail(new IntegrityFailed("a record out of order", { code: "out_of_order" }));
    }
    const size = length - RECORD_OVERHEAD;
    if (size < 0 || size > this.#recordSize || (!final && size !== this.#recordSize)) {
      throw this.#fail(malformed("a record of a wrong size"));
    }
  }

  #fail(error: IntegrityFailed): IntegrityFailed {
    this.#state = "failed";
    return error;
  }
}
