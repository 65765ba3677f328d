/** The key of one sealed file, its id, and the commitment that ties them together (protocol.md §4). */
import { VerificationFailed } from "../errors.ts";
import { malformed, type Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { ID_BYTES } from "../wire/limits.ts";
import { EMPTY, kdf, lp, u64 } from "./kdf.ts";
import { equalInConstantTime, randomBytes } from "./primitives.ts";
import { Secret } from "./secret.ts";

export const FILE_KEY_BYTES = 32;

/** The 32 secret bytes of one file (`malformed` otherwise), for the record layer and whoever gives them to a recipient. */
export class FileKey extends Secret {
  constructor(bytes: Uint8Array) {
    super("FileKey", bytes, FILE_KEY_BYTES);
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
  return kdf(key.reveal(), EMPTY, "commit", fileContext(id, version), 32);
}

/** Raises `commitment_mismatch` unless `key` is the one the offer spoke of. */
export async function checkCommitment(key: FileKey, id: Bytes, version: number, offered: Bytes): Promise<void> {
  if (!equalInConstantTime(await commitment(key, id, version), offered)) {
    throw new VerificationFailed("the file key is not the one that was offered", { code: "commitment_mismatch" });
  }
}

/** The AES-256 key of the content or the manifest stream. */
export async function recordKey(key: FileKey, stream: StreamName, id: Bytes, version: number): Promise<Bytes> {
  return kdf(key.reveal(), EMPTY, stream, fileContext(id, version), 32);
}

/** `LP(id, u64 version)`; `malformed` for what cannot be either. */
export function fileContext(id: Bytes, version: number): Bytes {
  if (id.length !== ID_BYTES || !Number.isSafeInteger(version) || version < 1) throw malformed("a file id or version");
  return lp(id, u64(version));
}
