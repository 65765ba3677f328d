/** Marks (protocol.md §15): the first 28 bytes of each record, IV ‖ Tag, by which two sides know they speak of the same. */
import { IntegrityFailed } from "../errors.ts";
import { malformed, utf8, type Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { RECORD_OVERHEAD } from "../wire/limits.ts";
import type { FileKey } from "./file_key.ts";
import { EMPTY, lp } from "./kdf.ts";
import { NONCE_BYTES, equalInConstantTime, sha256, type Aead } from "./primitives.ts";
import { recordContext, streamAead } from "./record.ts";

export const MARK_BYTES = RECORD_OVERHEAD;
const FIRST_ROOM = 64;

/** The marks of the records one side has sealed, or opened and kept; each stream's without gaps from 0. */
export class Marks {
  readonly #held: Record<StreamName, Bytes>;
  readonly #count: Record<StreamName, number>;

  /** Begins with the marks kept from before, joined in order; `malformed` unless whole. */
  constructor(manifest: Bytes = EMPTY, content: Bytes = EMPTY) {
    if (manifest.length % MARK_BYTES !== 0 || content.length % MARK_BYTES !== 0) throw malformed("marks of a wrong length");
    this.#held = { manifest: manifest.slice(), content: content.slice() };
    this.#count = { manifest: manifest.length / MARK_BYTES, content: content.length / MARK_BYTES };
  }

  /** Puts the first 28 bytes of `record`; a record sealed again puts its newer mark. `out_of_order` if it leaves a gap. */
  put(stream: StreamName, index: number, record: Uint8Array): void {
    if (record.length < MARK_BYTES) throw malformed("a mark has 28 bytes");
    if (index < 0 || index > this.#count[stream]) throw outOfOrder("a mark behind a gap");
    const end = (index + 1) * MARK_BYTES;
    if (end > this.#held[stream].length) {
      const grown = new Uint8Array(Math.max(FIRST_ROOM * MARK_BYTES, 2 * this.#held[stream].length));
      grown.set(this.#held[stream]);
      this.#held[stream] = grown;
    }
    this.#held[stream].set(record.subarray(0, MARK_BYTES), end - MARK_BYTES);
    this.#count[stream] = Math.max(this.#count[stream], index + 1);
  }

  /** How many of a stream there are. */
  count(stream: StreamName): number {
    return this.#count[stream];
  }

  /** One mark, 28 bytes. */
  get(stream: StreamName, index: number): Bytes {
    return this.#part(stream, index, index + 1).slice();
  }

  /** Forgets those of a stream from `count` on. */
  cut(stream: StreamName, count: number): void {
    this.#count[stream] = Math.min(this.#count[stream], count);
  }

  /** `marks` of `have` for so many records of each stream, 32 bytes; `out_of_order` for more than there are. */
  async hash(manifest: number, content: number): Promise<Bytes> {
    const parts = [this.#part("manifest", 0, manifest), this.#part("content", 0, content)];
    return sha256(lp(utf8("peerseal/1 marks"), ...parts));
  }

  #part(stream: StreamName, from: number, to: number): Bytes {
    if (to > this.#count[stream]) throw outOfOrder("more records than there are marks");
    return this.#held[stream].subarray(from * MARK_BYTES, to * MARK_BYTES);
  }
}

/** Tells whether plaintexts at rest are what the marks of one stream speak of. Nothing of what it seals gets out. */
export class MarkCheck {
  readonly #aead: Aead;
  readonly #id: Bytes;
  readonly #version: number;

  private constructor(aead: Aead, id: Bytes, version: number) {
    this.#aead = aead;
    this.#id = id;
    this.#version = version;
  }

  static async create(key: FileKey, stream: StreamName, id: Bytes, version: number): Promise<MarkCheck> {
    return new MarkCheck(await streamAead(key, stream, id, version), id, version);
  }

  /** Whether sealing `plaintext` with the mark's IV gives the mark's tag. */
  async holds(index: number, final: boolean, mark: Bytes, plaintext: Bytes): Promise<boolean> {
    if (mark.length !== MARK_BYTES) throw malformed("a mark has 28 bytes");
    const associated = recordContext(this.#id, this.#version, index, final);
    const sealed = await this.#aead.seal(mark.slice(0, NONCE_BYTES), associated, plaintext);
    return equalInConstantTime(sealed.subarray(plaintext.length), mark.subarray(NONCE_BYTES));
  }
}

/** `MarkCheck` for a single record. */
export async function markHolds(
  key: FileKey,
  stream: StreamName,
  id: Bytes,
  version: number,
  index: number,
  final: boolean,
  mark: Bytes,
  plaintext: Bytes,
): Promise<boolean> {
  return (await MarkCheck.create(key, stream, id, version)).holds(index, final, mark, plaintext);
}

function outOfOrder(why: string): IntegrityFailed {
  return new IntegrityFailed(why, { code: "out_of_order" });
}
