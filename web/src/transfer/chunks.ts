/** One chunk of a stored file, sealed or opened in buffers that are used again (protocol.md §13). */
import {
  Leaves,
  LEAF_BYTES,
  RECORD_OVERHEAD,
  RecordOpener,
  RecordSealer,
  SPARE_BYTES,
  streamRecordSize,
  type FileKey,
} from "../crypto_engine.ts";
import { IntegrityFailed } from "../errors.ts";
import { malformed, sameBytes, type Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { RECORDS_PER_CHUNK } from "../wire/limits.ts";

/** What all records of one version have in common. */
export interface SealedFile {
  readonly id: Bytes;
  readonly version: number;
  readonly recordSize: number; // of the content
  readonly key: FileKey;
}

/** Sealed bytes of a full chunk of a stream. */
export function fullChunk(stream: StreamName, file: Pick<SealedFile, "recordSize">): number {
  return (streamRecordSize(stream, file.recordSize) + RECORD_OVERHEAD) * RECORDS_PER_CHUNK;
}

/** Leaves of a stream in order, in one growing piece of memory: the biggest file has very many. */
export class LeafList {
  private bytes: Bytes = new Uint8Array(64 * LEAF_BYTES);
  count = 0;

  add(leaf: Uint8Array): void {
    const at = this.count * LEAF_BYTES;
    if (at === this.bytes.length) {
      const more = new Uint8Array(2 * at);
      more.set(this.bytes);
      this.bytes = more;
    }
    this.bytes.set(leaf, at);
    this.count++;
  }

  at(index: number): Bytes {
    return this.bytes.slice(index * LEAF_BYTES, (index + 1) * LEAF_BYTES);
  }

  /** Those from `first` on, back to back. */
  since(first: number): Bytes {
    return this.bytes.slice(first * LEAF_BYTES, this.count * LEAF_BYTES);
  }

  /** The first `count` leaves back to back. */
  joined(count = this.count): Bytes {
    return this.bytes.slice(0, count * LEAF_BYTES);
  }
}

/** Seals the records of one stream into chunks, in order. */
export class ChunkSealer {
  readonly recordSize: number;
  readonly leaves = new LeafList();
  private readonly sealer: RecordSealer;
  private readonly leafOf: Leaves;

  private constructor(recordSize: number, sealer: RecordSealer, leaves: Leaves) {
    this.recordSize = recordSize;
    this.sealer = sealer;
    this.leafOf = leaves;
  }

  static async create({ key, id, version, recordSize }: SealedFile, stream: StreamName): Promise<ChunkSealer> {
    const sealer = await RecordSealer.create(key, stream, id, version, recordSize);
    return new ChunkSealer(streamRecordSize(stream, recordSize), sealer, await Leaves.create(key, stream, id, version));
  }

  /** The next records were sealed before: their leaves, back to back. */
  known(leaves: Bytes): void {
    for (let at = 0; at < leaves.length; at += LEAF_BYTES) this.leaves.add(leaves.subarray(at, at + LEAF_BYTES));
  }

  /** Whether this was the plaintext of a record whose leaf is known. */
  async is(index: number, plaintext: Bytes): Promise<boolean> {
    return sameBytes(await this.leafOf.leaf(plaintext), this.leaves.at(index));
  }

  /** Seals the next record into `out`; its sealed length. */
  async add(plaintext: Bytes, final: boolean, out: Uint8Array): Promise<number> {
    const [leaf, length] = await Promise.all([
      this.leafOf.leaf(plaintext),
      this.sealer.sealInto(this.leaves.count, final, plaintext, out),
    ]);
    this.leaves.add(leaf);
    return length;
  }
}

/** Opens the chunks of one stream, in order. */
export class ChunkOpener {
  readonly leaves: LeafList;
  private readonly file: SealedFile;
  private readonly stream: StreamName;
  private readonly recordSize: number;
  private readonly leafOf: Leaves;
  private readonly record: Bytes; // one sealed record, with the room its opener needs behind it
  private opener: RecordOpener;

  private constructor(file: SealedFile, stream: StreamName, opener: RecordOpener, leaves: Leaves, before: LeafList) {
    this.leaves = before;
    this.file = file;
    this.stream = stream;
    this.recordSize = streamRecordSize(stream, file.recordSize);
    this.opener = opener;
    this.leafOf = leaves;
    this.record = new Uint8Array(this.recordSize + RECORD_OVERHEAD + SPARE_BYTES);
  }

  /** `before`: leaves of whole chunks that are here already. */
  static async create(file: SealedFile, stream: StreamName, before = new LeafList()): Promise<ChunkOpener> {
    const { key, id, version } = file;
    return new ChunkOpener(file, stream, await openerFrom(file, stream, before.count), await Leaves.create(key, stream, id, version), before);
  }

  /** The final record was opened. */
  get ended(): boolean {
    return this.opener.ended;
  }

  /**
   * Opens `chunk`, the next one, and gives each record's plaintext to `take`, in order. `final` says whether the stream
   * ends with it; null if that is not known, then its last record says so itself. Raises `not_authentic`, `malformed`:
   * nothing of a record that does not open is given.
   */
  async open(chunk: Uint8Array, final: boolean | null, take: (plaintext: Bytes) => Promise<void> | void): Promise<void> {
    const full = this.recordSize + RECORD_OVERHEAD;
    const records = Math.ceil(chunk.length / full);
    if (records < 1 || records > RECORDS_PER_CHUNK || (final === false && chunk.length < full * RECORDS_PER_CHUNK)) {
      throw malformed("A part of the file has a wrong length.");
    }
    for (let place = 0; place < records; place++) {
      const sealed = chunk.subarray(place * full, (place + 1) * full);
      const last = place === records - 1;
      const plaintext = last && final === null ? await this.openLast(sealed) : await this.openOne(sealed, last && final === true);
      const leaf = this.leafOf.leaf(plaintext);
      leaf.catch(() => undefined); // raised where it is awaited
      await take(plaintext);
      this.leaves.add(await leaf);
    }
  }

  /** The last record there is, of a stream whose end is not known yet: only one of both can be authentic. */
  private async openLast(sealed: Uint8Array): Promise<Bytes> {
    if (sealed.length === this.recordSize + RECORD_OVERHEAD) {
      const index = this.opener.opened;
      try {
        return await this.openOne(sealed, false);
      } catch (error) {
        if (!(error instanceof IntegrityFailed && error.code === "not_authentic")) throw error;
        this.opener = await openerFrom(this.file, this.stream, index);
      }
    }
    return this.openOne(sealed, true);
  }

  private openOne(sealed: Uint8Array, final: boolean): Promise<Bytes> {
    this.record.set(sealed);
    return this.opener.open(this.opener.opened, final, this.record, sealed.length);
  }
}

function openerFrom({ key, id, version, recordSize }: SealedFile, stream: StreamName, first: number): Promise<RecordOpener> {
  return RecordOpener.create(key, stream, id, version, recordSize, first);
}
