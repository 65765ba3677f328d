/** Leaves (protocol.md §13.1): one keyed hash for each record's plaintext; the owner signs the hash of all. */
import { malformed, type Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { fileContext, type FileKey } from "./file_key.ts";
import { EMPTY, kdf } from "./kdf.ts";
import { hmacSha256, sha256 } from "./primitives.ts";

export const LEAF_BYTES = 32;

/** Makes the leaves of one stream of one version. */
export class Leaves {
  readonly #key: Bytes;

  private constructor(key: Bytes) {
    this.#key = key;
  }

  static async create(key: FileKey, stream: StreamName, id: Bytes, version: number): Promise<Leaves> {
    const label = stream === "content" ? "root" : "manifest-root";
    return new Leaves(await kdf(key.reveal(), EMPTY, label, fileContext(id, version), 32));
  }

  /** The leaf of a record's plaintext, 32 bytes. */
  async leaf(plaintext: Bytes): Promise<Bytes> {
    return hmacSha256(this.#key, plaintext);
  }
}

/** The hash of all leaves of a stream, or of a manifest's head part, back to back. */
export async function rootOfLeaves(leaves: Bytes): Promise<Bytes> {
  if (leaves.length % LEAF_BYTES !== 0) throw malformed("a leaf has 32 bytes");
  return sha256(leaves);
}
