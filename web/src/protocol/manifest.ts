/**
 * The manifest (protocol.md §4.2): which files lie in the content stream, in which order, of which size.
 *
 * A byte string cut into records. The writer gives bytes; the reader is fed opened records and refuses with
 * `manifest_invalid` or `unsafe_name` as soon as something does not hold.
 */
import { join, lp, u32, u64, u8, writeU64 } from "../crypto_engine.ts";
import { IntegrityFailed, UsageError } from "../errors.ts";
import { utf8, type Bytes } from "../wire/encoding.ts";
import { ENTRY_BODY_MAX_BYTES, INTEGER_MAX, MANIFEST_MAX_BYTES, MEDIA_TYPE_MAX_BYTES, manifestRecordSize } from "../wire/limits.ts";
import type { EntryKind, Offer } from "./control.ts";
import { Rules, invalid, type Entry, type NewEntry } from "./entries.ts";
import { checkPath, readPath } from "./paths.ts";

export type { Entry, NewEntry };

const MAGIC = utf8("PSM1");
const HEAD_BYTES = 13; // "PSM1" ‖ u8 flags ‖ u64 head records
const OPEN = 1;
const EXECUTABLE = 1;
const GIVEN_LATER = 2n ** 64n - 1n;
const KINDS: Readonly<Record<EntryKind, number>> = { file: 1, directory: 2, text: 3 };
const PADDING = 0;
const SIZE = 4;
const FIXED_BYTES = 18; // kind, size, modified, mode: before the LP

/** Cuts bytes into the plaintexts of full records and a shorter last one; `[empty]` for no bytes. */
export function cut(bytes: Bytes, size: number): Bytes[] {
  const pieces: Bytes[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces.length === 0 ? [bytes] : pieces;
}

/**
 * Writes a manifest for an offer of this (content) record size.
 *
 * Closed: `entries` once, with everything; cut it into records, the last is final. Open: `entries` and `size` as
 * often as needed, each giving whole records; the end is an empty final record.
 */
export class ManifestWriter {
  readonly #rules: Rules;
  readonly #recordSize: number;
  #begun = false;

  constructor(open: boolean, recordSize: number) {
    this.#rules = new Rules(open);
    this.#recordSize = manifestRecordSize(recordSize);
  }

  /**
   * The bytes of the next entries; the first call's are the head part.
   * Raises `manifest_invalid` or `unsafe_name` for what a reader would refuse.
   */
  entries(entries: Iterable<NewEntry>): Bytes {
    const bodies = Array.from(entries, (entry) => {
      const body = entryBody(entry);
      this.#rules.add(readEntry(body));
      return framed(body);
    });
    if (this.#begun) return this.#whole(bodies);
    this.#begun = true;
    const bytes = this.#whole([new Uint8Array(HEAD_BYTES), ...bodies]);
    bytes.set(MAGIC);
    bytes[MAGIC.length] = this.#rules.open ? OPEN : 0;
    writeU64(bytes, MAGIC.length + 1, Math.ceil(bytes.length / this.#recordSize));
    return bytes;
  }

  /** The bytes that give the size of entry `number` (from 0), which was `null` before. */
  size(number: number, size: number): Bytes {
    this.#rules.giveSize(number, size);
    return this.#whole([framed(join(u8(SIZE), u64(number), u64(size)))]);
  }

  #whole(parts: readonly Bytes[]): Bytes {
    const bytes = join(...parts);
    if (!this.#rules.open) return bytes;
    if (!this.#begun) throw new UsageError("a manifest begins with its entries");
    const over = bytes.length % this.#recordSize;
    if (over === 0) return bytes;
    let gap = this.#recordSize - over;
    if (gap < 5) gap += this.#recordSize; // the smallest padding is u32 1 ‖ u8 0
    return join(bytes, framed(new Uint8Array(gap - 4)));
  }
}

/**
 * Reads a manifest of an offer of this (content) record size, record by record. Given the offer, entries beyond the
 * count it names are refused as they come, not at the end of the head part.
 */
export class ManifestReader {
  readonly #recordSize: number;
  readonly #mostFiles: number | null;
  #pending: Bytes = new Uint8Array(0);
  #next = 0;
  #taken = 0;
  #headRecords = 0; // 0: the head is not read yet
  #closed = false;
  #rules = new Rules(false);

  constructor(recordSize: number, offer: Pick<Offer, "files" | "open"> | null = null) {
    this.#recordSize = manifestRecordSize(recordSize);
    this.#mostFiles = offer === null || offer.open ? null : offer.files;
  }

  /** Every entry so far, with the sizes known by now. */
  get entries(): readonly Entry[] {
    return this.#rules.entries;
  }

  /** More records may follow the head part. */
  get open(): boolean {
    return this.#rules.open;
  }

  get headRecords(): number {
    return this.#headRecords;
  }

  /** The head part has been read: content may begin. */
  get headComplete(): boolean {
    return this.#headRecords > 0 && this.#next >= this.#headRecords;
  }

  /** The final record has been read. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Sum of the sizes known so far. */
  get bytes(): number {
    return this.#rules.sum;
  }

  /** Takes the plaintext of the next record and gives the entries it completed. */
  feed(index: number, plaintext: Bytes, final: boolean): Entry[] {
    const outOfOrder = this.#closed || index !== this.#next;
    this.#next = -1; // until this record holds, none comes next
    if (outOfOrder) throw new IntegrityFailed("a manifest record out of order", { code: "out_of_order" });
    if (plaintext.length > this.#recordSize || (!final && plaintext.length < this.#recordSize)) {
      throw new IntegrityFailed("a manifest record of the wrong length", { code: "malformed" });
    }
    this.#taken += plaintext.length;
    if (this.#taken > MANIFEST_MAX_BYTES) throw new IntegrityFailed("a manifest too long to hold", { code: "limit" });
    this.#pending = join(this.#pending, plaintext);
    if (index === 0) this.#readHead();
    const before = this.entries.length;
    this.#readEntries();
    this.#checkBoundary(index + 1, final);
    this.#next = index + 1;
    return this.entries.slice(before);
  }

  /**
   * Says that `length` more bytes of content were opened. Raises `manifest_invalid` if they belong to no entry, as
   * `feed` does for a size below what its entry already holds.
   */
  place(length: number): void {
    if (!this.headComplete) throw new IntegrityFailed("content before the manifest's head", { code: "out_of_order" });
    this.#rules.place(length);
  }

  /** Compares with what was offered; to be called when the head part is complete, and again at the end. */
  checkOffer(offer: Pick<Offer, "files" | "bytes" | "open" | "text" | "preview">): void {
    const counted = this.entries.filter((entry) => entry.kind !== "directory");
    const text = counted.some((entry) => entry.kind === "text");
    if (this.open !== offer.open || text !== offer.text) throw invalid("open or text where the offer says otherwise");
    if (!offer.open && (counted.length !== offer.files || this.bytes !== offer.bytes)) {
      throw invalid("not the count or sum that was offered");
    }
    const listed = this.#rules.preview(offer.preview.length);
    offer.preview.forEach(({ path, size, kind }, at) => {
      const entry = listed[at];
      if (entry?.path !== path || entry.kind !== kind || entry.size !== size) throw invalid("not what the offer showed");
    });
  }

  /** The last check, when all content has come: the sizes are all known and add up to its length. */
  check(contentLength: number): void {
    if (!this.#closed || this.bytes !== contentLength) throw invalid("the sizes are not those of the content");
  }

  #readHead(): void {
    const head = this.#pending;
    if (head.length < HEAD_BYTES || MAGIC.some((byte, at) => head[at] !== byte)) throw invalid("not a manifest");
    const flags = head[MAGIC.length] ?? 0;
    if ((flags & ~OPEN) !== 0) throw invalid("unknown flags");
    this.#rules = new Rules(flags === OPEN, this.#mostFiles);
    this.#headRecords = number(readU64(head, MAGIC.length + 1));
    if (this.#headRecords < 1) throw invalid("a head of no records");
    this.#pending = head.subarray(HEAD_BYTES);
  }

  #readEntries(): void {
    const bytes = this.#pending;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (bytes.length - at >= 4) {
      const length = view.getUint32(at);
      if (length < 1 || length > ENTRY_BODY_MAX_BYTES) throw invalid("an entry of a wrong length");
      if (bytes.length - at - 4 < length) break;
      this.#readBody(bytes.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    this.#pending = bytes.slice(at);
  }

  #readBody(body: Bytes): void {
    const kind = body[0];
    if ((kind === PADDING || kind === SIZE) && !this.open) throw invalid("an entry that only an open manifest may hold");
    if (kind === SIZE) {
      if (body.length !== 17) throw invalid("a size entry of a wrong length");
      this.#rules.giveSize(number(readU64(body, 1)), number(readU64(body, 9)));
    } else if (kind !== PADDING) this.#rules.add(readEntry(body));
  }

  #checkBoundary(records: number, final: boolean): void {
    const beyond = records - this.#headRecords;
    if ((final || beyond === 0) && this.#pending.length > 0) throw invalid("left-over bytes");
    if (final ? beyond < 0 : beyond >= 0 && !this.open) throw invalid("a head of another length");
    if (!final) return;
    if (this.#rules.waiting) throw invalid("a size that was never given");
    this.#closed = true;
  }
}

function framed(body: Bytes): Bytes {
  return join(u32(body.length), body);
}

/** The body of one entry, not yet checked but for its path. */
function entryBody(entry: NewEntry): Bytes {
  if (entry.kind !== "text") checkPath(entry.path);
  const fixed = new Uint8Array(FIXED_BYTES);
  fixed[0] = KINDS[entry.kind];
  if (entry.size === null) fixed.fill(0xff, 1, 9);
  else writeU64(fixed, 1, entry.size);
  writeU64(fixed, 9, entry.modified ?? 0);
  fixed[17] = entry.executable === true ? EXECUTABLE : 0;
  return join(fixed, lp(utf8(entry.path), utf8(entry.mediaType ?? "")));
}

function readEntry(body: Bytes): Entry {
  const kind = (Object.keys(KINDS) as EntryKind[]).find((known) => KINDS[known] === body[0]);
  if (kind === undefined) throw invalid("an entry of an unknown kind");
  if (body.length < FIXED_BYTES) throw invalid("an entry cut short");
  const size = readU64(body, 1);
  const modified = number(readU64(body, 9));
  const mode = body[17] ?? 0;
  const [pathBytes, mediaBytes] = readTwo(body.subarray(FIXED_BYTES));
  if ((mode & ~EXECUTABLE) !== 0) throw invalid("unknown mode bits");
  if (mediaBytes.length > MEDIA_TYPE_MAX_BYTES || mediaBytes.some((byte) => byte < 32 || byte > 126)) throw invalid("a wrong media type");
  if (kind === "directory" && (size !== 0n || mode !== 0 || mediaBytes.length > 0)) throw invalid("a directory with content");
  if (kind === "text" && (modified !== 0 || mode !== 0 || pathBytes.length > 0)) throw invalid("a text with a name");
  return {
    kind,
    path: kind === "text" ? "" : readPath(pathBytes),
    size: size === GIVEN_LATER ? null : number(size),
    modified,
    executable: mode === EXECUTABLE,
    mediaType: String.fromCharCode(...mediaBytes),
  };
}

/** The two parts of an LP that ends with them. */
function readTwo(bytes: Bytes): readonly [Bytes, Bytes] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = bytes.length < 8 ? -1 : view.getUint32(0);
  const second = 4 + first;
  if (first < 0 || second + 4 > bytes.length || second + 4 + view.getUint32(second) !== bytes.length) {
    throw invalid("an entry of a wrong form");
  }
  return [bytes.subarray(4, second), bytes.subarray(second + 4)];
}

function readU64(bytes: Bytes, at: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0);
}

function number(value: bigint): number {
  if (value > BigInt(INTEGER_MAX)) throw invalid("a number that is too big");
  return Number(value);
}
