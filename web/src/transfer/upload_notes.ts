/** What an upload writes down, so that a later visit carries up only what is missing (docs/architecture.md, the journal). */
import { FileKey, LEAF_BYTES } from "../crypto_engine.ts";
import { LocalFileFailed, PeersealError } from "../errors.ts";
import type { Source } from "../files/source.ts";
import { readOpening, type OpeningHead } from "../protocol/heads.ts";
import { MIB, RECORD_SIZE, RECORDS_PER_CHUNK } from "../wire/limits.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import type { Range, Upload } from "../wire/stored.ts";
import type { About } from "./about.ts";
import type { Kept } from "./chunks_up.ts";
import type { Destination } from "./destination.ts";
import type { Journal } from "./journal.ts";
import type { Journals } from "./journals.ts";
import type { Keys } from "./keys.ts";
import type { Line } from "./ledger.ts";

/** Less than this begins anew. */
const KEPT_FROM_BYTES = 8 * MIB;

/** An upload that was begun: how the server calls it, under which key, and what of it is there. */
export interface BegunUpload {
  readonly name: string;
  readonly key: FileKey;
  readonly opening: OpeningHead;
  readonly there: Upload;
}

export class UploadNotes {
  private readonly journals: Journals;
  private readonly line: Line;
  private readonly account: string;
  /** Of the journal. */
  readonly name: string;
  private journal: Journal | null;
  private about: About | null;

  private constructor(journals: Journals, line: Line, account: string, name: string, journal: Journal | null, about: About | null) {
    this.journals = journals;
    this.line = line;
    this.account = account;
    this.name = name;
    this.journal = journal;
    this.about = about;
  }

  /** Of an upload that begins now. */
  static fresh(journals: Journals, line: Line, account: string): UploadNotes {
    return new UploadNotes(journals, line, account, line.id, null, null);
  }

  /** Of one that an earlier visit began; null if another page has it, or it is gone. */
  static async take(journals: Journals, line: Line, account: string, name: string): Promise<UploadNotes | null> {
    const journal = await journals.take(name);
    if (journal === null) return null;
    try {
      return new UploadNotes(journals, line, account, name, journal, await journal.about());
    } catch (error) {
      journals.close(name);
      throw error;
    }
  }

  /** An earlier visit began it. */
  get goesOn(): boolean {
    return this.about !== null;
  }

  /** What was begun, as the server has it now; null if nothing was. Raises `not_found` once it is gone there. */
  async begun(keys: Keys): Promise<BegunUpload | null> {
    const stored = this.about?.stored;
    if (this.about === null || !stored?.opening) return null;
    const opening = await readOpening(stored.opening, keys.identity.bundle);
    const there = await keys.api.call("upload", { upload: stored.upload });
    return { name: stored.upload, key: new FileKey(this.about.key), opening, there };
  }

  /** It is about to be told to the server. */
  async begin(upload: string, key: FileKey, opening: Bytes, { id, version }: Destination, source: Source): Promise<void> {
    if (source.bytes < KEPT_FROM_BYTES || source.entries.some(({ kind }) => kind === "text")) return;
    const { title, peer, fileCount } = this.line.snapshot;
    const entries = source.entries.map(({ path, kind, size, modified }) => ({ path, kind, size, modified }));
    try {
      this.journal = await this.journals.create(this.name, {
        v: 1, kind: "upload", title, peer, file: id, key: key.reveal(), total: source.bytes, files: fileCount, started: Date.now(), meeting: null,
        park: null, parked: null, entries, offer: null, target: "other",
        stored: { file: hexEncode(id), version, account: this.account, upload, opening },
      });
    } catch {
      this.journal = null; // no room for notes: it goes on within this visit
    }
  }

  /** The chunks of the content, as far as the server has them and their leaves were written down. */
  kept(begun: BegunUpload | null, source: Source): Kept {
    const { journal } = this;
    const leaves = begun === null || journal === null ? new Uint8Array(0) : journal.leaves();
    const records = Math.max(1, Math.ceil(source.bytes / RECORD_SIZE));
    return {
      doubtful: source.touched === true,
      leavesOf: (chunk) => {
        if (!begun || !holds(begun.there.content, chunk)) return null;
        const [first, last] = [chunk * RECORDS_PER_CHUNK, Math.min(records, (chunk + 1) * RECORDS_PER_CHUNK)];
        if (leaves.length < last * LEAF_BYTES) throw unknownLeaves();
        return leaves.slice(first * LEAF_BYTES, last * LEAF_BYTES);
      },
      sealed: (chunk, of) => { journal?.leavesKept(chunk * RECORDS_PER_CHUNK, of); },
    };
  }

  /** So many bytes are on the server. */
  at(bytes: number): void {
    this.journal?.acked({ manifest: 0, content: 0, bytes });
  }

  /** Whether a later visit goes on with it after this. */
  stays(error: unknown): boolean {
    return this.journal !== null && error instanceof PeersealError && error.retryable && !ANEW.has(error.code);
  }

  /** It is over, for this reason or, with none, for good. */
  async ended(error: unknown = null): Promise<void> {
    if (this.journal === null) return;
    const stays = this.stays(error);
    this.journal = null;
    if (stays) this.journals.close(this.name);
    else await this.journals.discard(this.name);
    this.journals.onFreed();
  }
}

/** Whether a chunk is among those that the server has. */
export function holds(ranges: readonly Range[], chunk: number): boolean {
  return ranges.some(({ first, last }) => first <= chunk && chunk <= last);
}

/** What only begins anew. */
const ANEW = new Set(["stale", "source_changed"]);

function unknownLeaves(): LocalFileFailed {
  return new LocalFileFailed("What was written down of it is not whole.", { code: "source_changed", hint: "Leave it on the server anew.", retryable: true });
}
