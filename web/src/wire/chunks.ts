/** Where the records of a stored stream lie: counts, chunks and their lengths, by arithmetic alone (protocol.md §13). */
import { malformed } from "./encoding.ts";
import { RECORDS_MAX, RECORDS_PER_CHUNK, RECORD_OVERHEAD } from "./limits.ts";

/** One sealed stream of `sealed` bytes whose full records hold `recordSize` bytes of plaintext. */
export class StreamLayout {
  readonly recordSize: number;
  readonly sealed: number;

  constructor(recordSize: number, sealed: number) {
    this.recordSize = recordSize;
    this.sealed = sealed;
  }

  /** The layout of `plain` bytes of plaintext whose end was known: no empty record but that of an empty stream. */
  static of(recordSize: number, plain: number): StreamLayout {
    return new StreamLayout(recordSize, plain + Math.max(1, Math.ceil(plain / recordSize)) * RECORD_OVERHEAD);
  }

  /** Sealed bytes of a full record. */
  get fullRecord(): number {
    return this.recordSize + RECORD_OVERHEAD;
  }

  /** Sealed bytes of a full chunk. */
  get fullChunk(): number {
    return this.fullRecord * RECORDS_PER_CHUNK;
  }

  /** How many records there are; the last may be shorter. */
  get records(): number {
    return Math.ceil(this.sealed / this.fullRecord);
  }

  get chunks(): number {
    return Math.ceil(this.records / RECORDS_PER_CHUNK);
  }

  /** Bytes of plaintext in it. */
  get plain(): number {
    return this.sealed - this.records * RECORD_OVERHEAD;
  }

  /** Sealed bytes of chunk `number`. */
  chunkLength(number: number): number {
    return Math.max(0, Math.min(this.fullChunk, this.sealed - number * this.fullChunk));
  }

  /** Raises `malformed` for a length that no stream of records has. */
  check(): void {
    const last = this.sealed - (this.records - 1) * this.fullRecord;
    if (this.records < 1 || this.records > RECORDS_MAX || last < RECORD_OVERHEAD) throw malformed("a stream of a length that no records have");
  }
}
