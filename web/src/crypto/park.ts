/** Parking (protocol.md §17): what sender and receiver of one transfer derive to find it on the server's disk. */
import { malformed, utf8, type Bytes } from "../wire/encoding.ts";
import { ID_BYTES, RECORDS_MAX } from "../wire/limits.ts";
import { fileContext } from "./file_key.ts";
import { EMPTY, Prk, kdf, lp, readLp, readU64, u64 } from "./kdf.ts";
import { randomBytes, type Randomness } from "./primitives.ts";
import { SEALED_OVERHEAD, openUnder, sealUnder } from "./sealed.ts";
import { Secret } from "./secret.ts";

export const PARK_SECRET_BYTES = 32;
const HASH_BYTES = 32;
const CLOSING_BYTES = 4 * 4 + 2 * HASH_BYTES + 2 * 8;

/** What the sender says of the whole, once it is sealed, to each of several receivers who share a key. */
export interface ParkClosing {
  readonly manifestHash: Bytes; // 32 bytes, of all manifest leaves (§13.1)
  readonly root: Bytes; // 32 bytes, of all content leaves
  readonly manifestRecords: number; // 1 … 2³²
  readonly contentRecords: number;
}

/** P of one transfer, with what the server may know (`reader`), what it checks (`token`), and the seal of the closing. */
export class ParkSecret extends Secret {
  readonly reader: Bytes; // 16 bytes: the name the park is found under
  readonly token: Bytes; // 32 bytes: shown to the server, which keeps its hash
  readonly #closingKey: Bytes;
  readonly #id: Bytes;
  readonly #version: number;

  private constructor(bytes: Bytes, id: Bytes, version: number, reader: Bytes, token: Bytes, closingKey: Bytes) {
    super("ParkSecret", bytes, PARK_SECRET_BYTES);
    [this.#id, this.#version, this.reader, this.token, this.#closingKey] = [id, version, reader, token, closingKey];
  }

  /** Of the 32 bytes `reveal` gave, for the same file id and version. */
  static async of(bytes: Bytes, id: Bytes, version: number): Promise<ParkSecret> {
    if (bytes.length !== PARK_SECRET_BYTES) throw malformed("a park secret has 32 bytes");
    const prk = await Prk.extract(bytes, EMPTY);
    const [reader, token, closingKey] = await Promise.all([
      prk.expand("park-reader", EMPTY, ID_BYTES),
      prk.expand("park-token", EMPTY, 32),
      prk.expand("park-closing", EMPTY, 32),
    ]);
    return new ParkSecret(bytes, id.slice(), version, reader, token, closingKey);
  }

  /** `closing` for this reader, 124 bytes; `malformed` for what cannot be one. */
  async sealClosing(closing: ParkClosing, random: Randomness = randomBytes): Promise<Bytes> {
    const { manifestHash, root, manifestRecords, contentRecords } = closing;
    const plaintext = lp(manifestHash, root, u64(manifestRecords), u64(contentRecords));
    readClosing(plaintext);
    return sealUnder(this.#closingKey, this.#associated(), plaintext, random);
  }

  /** Raises `malformed` or `not_authentic`. */
  async openClosing(sealed: Bytes): Promise<ParkClosing> {
    if (sealed.length !== CLOSING_BYTES + SEALED_OVERHEAD) throw malformed("a sealed closing of a wrong length");
    return readClosing(await openUnder(this.#closingKey, this.#associated(), sealed));
  }

  #associated(): Bytes {
    return lp(utf8("peerseal/1 parked"), this.#id, u64(this.#version), this.reader);
  }
}

/** The park secret of one transfer, from `export-park` of the channel that carried its file key. */
export async function parkSecret(exported: Bytes, id: Bytes, version: number): Promise<ParkSecret> {
  return ParkSecret.of(await kdf(exported, EMPTY, "park", fileContext(id, version), PARK_SECRET_BYTES), id, version);
}

function readClosing(plaintext: Bytes): ParkClosing {
  const [manifestHash, root, manifestCount, contentCount] = readLp(plaintext, 4);
  if (manifestHash?.length !== HASH_BYTES || root?.length !== HASH_BYTES || !manifestCount || !contentCount) {
    throw malformed("a closing of wrong lengths");
  }
  const [manifestRecords, contentRecords] = [readU64(manifestCount), readU64(contentCount)];
  if ([manifestRecords, contentRecords].some((count) => count < 1 || count > RECORDS_MAX)) {
    throw malformed("a closing with impossible counts");
  }
  return { manifestHash, root, manifestRecords, contentRecords };
}
