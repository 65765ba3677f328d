/** The key of one sealed file, its id, and the commitment that ties them together (protocol.md §4). */
import { UsageError } from "../errors.ts";
import { ID_BYTES } from "../wire/limits.ts";
import type { Bytes } from "../wire/encoding.ts";
import { EMPTY, kdf, lp, u64 } from "./kdf.ts";
import { randomBytes } from "./primitives.ts";

export const FILE_KEY_BYTES = 32;

/** 32 secret bytes that show themselves to nobody but the caller of `reveal`. */
export class FileKey {
  readonly #bytes: Bytes;

  constructor(bytes: Uint8Array) {
    if (bytes.length !== FILE_KEY_BYTES) throw new UsageError("a file key has 32 bytes");
    this.#bytes = new Uint8Array(bytes);
  }

  /** The bytes themselves, for the record layer and the file_key message only. */
  reveal(): Bytes {
    return this.#bytes.slice();
  }

  toString(): string {
    return "FileKey(…)";
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A fresh key: one for every version and every attempt. */
export function newFileKey(): FileKey {
  return new FileKey(randomBytes(FILE_KEY_BYTES));
}

export function newFileId(): Bytes {
  return randomBytes(ID_BYTES);
}

/** 32 bytes that bind sender and receiver to one key for this id and version. */
export async function commitment(key: FileKey, id: Bytes, version: number): Promise<Bytes> {
  return kdf(key.reveal(), EMPTY, "commit", lp(id, u64(version)), 32);
}
