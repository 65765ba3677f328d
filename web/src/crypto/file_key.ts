/** The key of one sealed file, its id, and the commitment that ties them together (protocol.md §4). */
import { VerificationFailed } from "../errors.ts";
import { malformed, type Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { ID_BYTES } from "../wire/limits.ts";
import { EMPTY, kdf, lp, u64 } from "./kdf.ts";
import { equalInConstantTime, randomBytes } from "./primitives.ts";

export const FILE_KEY_BYTES = 32;

/** 32 secret bytes (`malformed` otherwise) that show themselves to nobody but the caller of `reveal`. */
export class FileKey {
  readonly #bytes: Bytes;

  constructor(bytes: Uint8Array) {
    if (bytes.length !== FILE_KEY_BYTES) throw malformed("a file key has 32 bytes");
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
  return kdf(key.reveal(), EMPTY, "commit", context(id, version), 32);
}

/** Raises `commitment_mismatch` unless `key` is the one the offer spoke of. */
export async function checkCommitment(key: FileKey, id: Bytes, version: number, offered: Bytes): Promise<void> {
  if (!equalInConstantTime(await commitment(key, id, version), offered)) {
    throw new VerificationFailed("the file key is not the one that was offered", { code: "commitment_mismatch" });
  }
}

/** The AES-256 key of the content or the manifest stream. */
export async function recordKey(key: FileKey, stream: StreamName, id: Bytes, version: number): Promise<Bytes> {
  return kdf(key.reveal(), EMPTY, stream, context(id, version), 32);
}

function context(id: Bytes, version: number): Bytes {
  if (id.length !== ID_BYTES || !Number.isSafeInteger(version) || version < 1) throw malformed("a file id or version");
  return lp(id, u64(version));
}
