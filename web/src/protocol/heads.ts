/** The two signed heads of a stored version (protocol.md §13.3): what an owner promises at the start, and at the end. */
import {
  fileContext,
  joinSigned,
  lp,
  readLp,
  readU32,
  readU64,
  sha256,
  u32,
  u64,
  type Bundle,
  type Identity,
} from "../crypto_engine.ts";
import { failure } from "../errors.ts";
import { malformed, sameBytes, type Bytes } from "../wire/encoding.ts";
import { ID_BYTES, RECORDS_MAX, RECORD_SIZE_MAX, RECORD_SIZE_MIN } from "../wire/limits.ts";

const HASH_BYTES = 32;

export interface OpeningFields {
  readonly owner: Bytes; // fingerprint
  readonly id: Bytes; // 16 bytes
  readonly version: number; // from 1
  readonly previous: Bytes | null; // the closing hash of the version before; null for version 1
  readonly commitment: Bytes;
  readonly recordSize: number;
  readonly card: Bytes; // H(card)
  readonly headPart: Bytes; // hash of the leaves of the manifest's head part
}

/** What stands at the start of a version. */
export class OpeningHead implements OpeningFields {
  readonly owner: Bytes;
  readonly id: Bytes;
  readonly version: number;
  readonly previous: Bytes | null;
  readonly commitment: Bytes;
  readonly recordSize: number;
  readonly card: Bytes;
  readonly headPart: Bytes;
  /** H(body), which the closing head names. */
  readonly hash: Bytes;
  readonly #body: Bytes;

  private constructor(fields: OpeningFields, body: Bytes, hash: Bytes) {
    this.owner = fields.owner;
    this.id = fields.id;
    this.version = fields.version;
    this.previous = fields.previous;
    this.commitment = fields.commitment;
    this.recordSize = fields.recordSize;
    this.card = fields.card;
    this.headPart = fields.headPart;
    this.#body = body;
    this.hash = hash;
  }

  /** The head of these fields; `malformed` for what cannot stand in one. */
  static async of(fields: OpeningFields): Promise<OpeningHead> {
    checkOpening(fields);
    const { owner, id, version, previous, commitment, recordSize, card, headPart } = fields;
    const before = previous ?? new Uint8Array(0);
    const body = lp(owner, id, u64(version), before, commitment, u32(recordSize), card, headPart);
    return new OpeningHead(fields, body, await sha256(body));
  }

  /** `u8 1 ‖ LP(body, signature)`. The identity must be the owner's: `unknown_owner`. */
  async sign(identity: Identity): Promise<Bytes> {
    if (!sameBytes(identity.fingerprint, this.owner)) throw failure("unknown_owner");
    return joinSigned(this.#body, await identity.sign("opening", this.#body));
  }

  /** Raises `content_differs` unless this is the version that was asked for. */
  checkAsked(id: Bytes, version: number): void {
    if (!sameBytes(this.id, id) || this.version !== version) throw failure("content_differs");
  }

  /** Raises `content_differs` unless this is the sealed card. */
  async checkCard(card: Bytes): Promise<void> {
    if (!sameBytes(this.card, await sha256(card))) throw failure("content_differs");
  }

  /** Raises `content_differs` unless this is the hash over the leaves of the manifest's head part. */
  checkHeadPart(headPart: Bytes): void {
    if (!sameBytes(this.headPart, headPart)) throw failure("content_differs");
  }
}

/**
 * The opening head in a signed text, verified: `malformed`, `signature_invalid` or `unknown_owner`.
 * `owner` is the pinned contact's bundle, or one's own.
 */
export async function readOpening(signed: Bytes, owner: Bundle): Promise<OpeningHead> {
  const body = await owner.readSigned("opening", signed);
  const [by, id, version, previous, commitment, recordSize, card, headPart] = readLp(body, 8);
  if (!by || !id || !version || !previous || !commitment || !recordSize || !card || !headPart) throw malformed("an opening head");
  const head = await OpeningHead.of({
    owner: by, id, version: readU64(version), previous: previous.length === 0 ? null : previous,
    commitment, recordSize: readU32(recordSize), card, headPart,
  });
  if (!sameBytes(by, owner.fingerprint)) throw failure("unknown_owner");
  return head;
}

function checkOpening({ owner, id, version, previous, commitment, recordSize, card, headPart }: OpeningFields): void {
  fileContext(id, version);
  if ((version === 1) !== (previous === null)) throw malformed("version 1, and no other, follows none");
  if ([owner, previous ?? owner, commitment, card, headPart].some(({ length }) => length !== HASH_BYTES) || id.length !== ID_BYTES) {
    throw malformed("a part of an opening head with a wrong length");
  }
  if (!Number.isInteger(recordSize) || recordSize < RECORD_SIZE_MIN || recordSize > RECORD_SIZE_MAX) {
    throw malformed("a record size out of range");
  }
}

export interface ClosingFields {
  readonly opening: Bytes; // hash of the opening head
  readonly manifestRecords: number;
  readonly contentRecords: number;
  readonly manifest: Bytes; // hash of all the manifest's leaves
  readonly root: Bytes; // hash of all the content's leaves
}

/** What stands at the end of a version. */
export class ClosingHead implements ClosingFields {
  readonly opening: Bytes;
  readonly manifestRecords: number;
  readonly contentRecords: number;
  readonly manifest: Bytes;
  readonly root: Bytes;
  /** H(body), which the next version names and a book remembers. */
  readonly hash: Bytes;
  readonly #body: Bytes;

  private constructor(fields: ClosingFields, body: Bytes, hash: Bytes) {
    this.opening = fields.opening;
    this.manifestRecords = fields.manifestRecords;
    this.contentRecords = fields.contentRecords;
    this.manifest = fields.manifest;
    this.root = fields.root;
    this.#body = body;
    this.hash = hash;
  }

  /** The head of these fields; `malformed` for what cannot stand in one. */
  static async of(fields: ClosingFields): Promise<ClosingHead> {
    const { opening, manifestRecords, contentRecords, manifest, root } = fields;
    if ([opening, manifest, root].some(({ length }) => length !== HASH_BYTES)) throw malformed("a hash has 32 bytes");
    if ([manifestRecords, contentRecords].some((count) => !Number.isInteger(count) || count < 1 || count > RECORDS_MAX)) {
      throw malformed("a number of records out of range");
    }
    const body = lp(opening, u64(manifestRecords), u64(contentRecords), manifest, root);
    return new ClosingHead(fields, body, await sha256(body));
  }

  /** `u8 1 ‖ LP(body, signature)`. */
  async sign(identity: Identity): Promise<Bytes> {
    return joinSigned(this.#body, await identity.sign("closing", this.#body));
  }

  /** Raises `content_differs` unless this ends what `opening` began. */
  checkOpening(opening: OpeningHead): void {
    if (!sameBytes(this.opening, opening.hash)) throw failure("content_differs");
  }

  /** Raises `content_differs` unless exactly these records came: their counts and `rootOfLeaves` of each stream. */
  checkContent(came: Omit<ClosingFields, "opening">): void {
    const counts = came.manifestRecords === this.manifestRecords && came.contentRecords === this.contentRecords;
    if (!counts || !sameBytes(came.manifest, this.manifest) || !sameBytes(came.root, this.root)) throw failure("content_differs");
  }
}

/**
 * The closing head in a signed text, verified; the one that belongs to `opening`, if that is given. Raises `malformed`,
 * `signature_invalid` or `content_differs`.
 */
export async function readClosing(signed: Bytes, owner: Bundle, opening?: OpeningHead): Promise<ClosingHead> {
  const body = await owner.readSigned("closing", signed);
  const [first, manifestRecords, contentRecords, manifest, root] = readLp(body, 5);
  if (!first || !manifestRecords || !contentRecords || !manifest || !root) throw malformed("a closing head");
  const head = await ClosingHead.of({
    opening: first, manifestRecords: readU64(manifestRecords), contentRecords: readU64(contentRecords), manifest, root,
  });
  if (opening !== undefined) head.checkOpening(opening);
  return head;
}
