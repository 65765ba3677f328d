/** Key derivation (protocol.md §1): length-prefixed joining and HKDF-SHA256 (RFC 5869) with our labels. */
import { UsageError } from "../errors.ts";
import { malformed, utf8, type Bytes } from "../wire/encoding.ts";
import { hmacSha256 } from "./primitives.ts";

/** Every label that is ever given to the KDF, so that no two uses share one. */
export type Label =
  | "commit"
  | "content"
  | "manifest"
  | "code-generator"
  | "words"
  | "key-initiator"
  | "key-responder"
  | "confirm-initiator"
  | "confirm-responder"
  | "export-resume"
  | "export-direct"
  | "export-relay"
  | "export-park"
  | "resume-room"
  | "direct"
  | "park"
  | "park-reader"
  | "park-token"
  | "park-closing"
  | "identity-ed25519"
  | "identity-x25519"
  | "identity-dh14"
  | "identity-ml-kem"
  | "safety-number"
  | "auth"
  | "vault"
  | "vault-commit"
  | "vault-key"
  | "book"
  | "pairwise"
  | "wrap"
  | "own-wrap"
  | "root"
  | "manifest-root"
  | "card"
  | "link"
  | "link-salt"
  | "link-token"
  | "link-wrap"
  | "link-secret";

// 255 hashes: the counter is one byte.
const HKDF_MAX_BYTES = 255 * 32;
export const EMPTY: Bytes = new Uint8Array(0);

/** `LP(x₁ … xₙ)`: each part behind its length as u32. */
export function lp(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(joined.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    joined.set(part, at + 4);
    at += 4 + part.length;
  }
  return joined;
}

/** The `count` parts of `LP(x₁ … xₙ)`, in memory of their own; other counts, lengths or left-over bytes are `malformed`. */
export function readLp(joined: Bytes, count: number): Bytes[] {
  const view = new DataView(joined.buffer, joined.byteOffset, joined.length);
  const parts: Bytes[] = [];
  let at = 0;
  while (parts.length < count) {
    if (joined.length - at < 4) throw malformed("too few parts");
    const end = at + 4 + view.getUint32(at);
    if (end > joined.length) throw malformed("a part longer than the whole");
    parts.push(joined.slice(at + 4, end));
    at = end;
  }
  if (at !== joined.length) throw malformed("left-over bytes");
  return parts;
}

export function join(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function u8(value: number): Bytes {
  return Uint8Array.of(value);
}

export function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** `value` from 0 to 2⁵³ − 1, as 8 bytes. */
export function u64(value: number): Bytes {
  const bytes = new Uint8Array(8);
  writeU64(bytes, 0, value);
  return bytes;
}

export function writeU64(out: Uint8Array, at: number, value: number): void {
  const view = new DataView(out.buffer, out.byteOffset + at, 8);
  view.setUint32(0, Math.floor(value / 2 ** 32));
  view.setUint32(4, value >>> 0);
}

/** The number in 8 bytes; above 2⁵³ − 1 it is `malformed`. */
export function readU64(bytes: Bytes): number {
  if (bytes.length !== 8) throw malformed("a number of a wrong length");
  const value = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed("a number out of range");
  return Number(value);
}

/** The number in 4 bytes. */
export function readU32(bytes: Bytes): number {
  if (bytes.length !== 4) throw malformed("a number of a wrong length");
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

/** `KDF(ikm, salt, label, context, length)`. */
export async function kdf(ikm: Bytes, salt: Bytes, label: Label, context: Bytes, length: number): Promise<Bytes> {
  return (await Prk.extract(ikm, salt)).expand(label, context, length);
}

/** One HKDF-Extract, for many Expands. */
export class Prk {
  readonly #key: Bytes;

  private constructor(key: Bytes) {
    this.#key = key;
  }

  static async extract(ikm: Bytes, salt: Bytes): Promise<Prk> {
    return new Prk(await hmacSha256(salt, ikm));
  }

  async expand(label: Label, context: Bytes, length: number): Promise<Bytes> {
    return this.hkdfExpand(lp(utf8(`peerseal/1 ${label}`), context), length);
  }

  /** HKDF-Expand as RFC 5869 §2.3 has it; protocols use `expand`, which keeps labels apart. At most 8160 bytes. */
  async hkdfExpand(info: Bytes, length: number): Promise<Bytes> {
    if (length < 1 || length > HKDF_MAX_BYTES) throw new UsageError("HKDF gives 1 to 8160 bytes");
    const out = new Uint8Array(length);
    let block: Bytes = EMPTY;
    for (let at = 0, counter = 1; at < length; at += block.length, counter++) {
      block = await hmacSha256(this.#key, join(block, info, u8(counter)));
      out.set(block.subarray(0, length - at), at);
    }
    return out;
  }
}
