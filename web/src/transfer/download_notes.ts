/** What a download of a stored file writes down, so that a later visit takes only what is missing (docs/architecture.md, the journal). */
import { LEAF_BYTES, Leaves } from "../crypto_engine.ts";
import { PeersealError } from "../errors.ts";
import type { SinkEntry } from "../files/shelf.ts";
import { isLoose } from "../files/sink.ts";
import type { StoreKind } from "../files/stores.ts";
import { MIB, RECORDS_PER_CHUNK } from "../wire/limits.ts";
import { sameBytes, type Bytes } from "../wire/encoding.ts";
import { LeafList } from "./chunks.ts";
import type { Journal } from "./journal.ts";
import type { Journals } from "./journals.ts";
import type { Line } from "./ledger.ts";
import type { Sealed } from "./trust.ts";

/** Less than this begins anew. */
const KEPT_FROM_BYTES = 8 * MIB;

/** What is downloaded, and for whom. */
export interface Wanted {
  readonly account: string;
  readonly file: string;
  readonly version: number | null;
}

export class DownloadNotes {
  private readonly journals: Journals;
  private readonly line: Line;
  private readonly wanted: Wanted;
  private readonly sealed: Sealed;
  private name: string;
  private journal: Journal | null;
  private held = new Blob([]); // what an earlier visit kept
  private noted = 0; // leaves written down

  private constructor(journals: Journals, line: Line, wanted: Wanted, sealed: Sealed, name: string, journal: Journal | null) {
    this.journals = journals;
    this.line = line;
    this.wanted = wanted;
    this.sealed = sealed;
    this.name = name;
    this.journal = journal;
  }

  /** Finds what an earlier visit left of the same version; of another one nothing is of use any more. */
  static async find(journals: Journals, line: Line, wanted: Wanted, sealed: Sealed): Promise<DownloadNotes> {
    const { account, file, version } = wanted;
    for (const { id, about } of await journals.all()) {
      const { kind, stored } = about;
      if (kind !== "download" || stored?.account !== account || stored.file !== file || stored.version !== version) continue;
      const journal = await journals.take(id);
      if (journal === null) continue;
      if (stored.upload === sealed.upload) return new DownloadNotes(journals, line, wanted, sealed, id, journal);
      await journals.discard(id);
    }
    return new DownloadNotes(journals, line, wanted, sealed, line.id, null);
  }

  /** What is in it is known. Gives where its files grow, or null where it begins anew each time: archives, and what is small or open. */
  async begin(entries: readonly SinkEntry[], bytes: number | null): Promise<StoreKind | null> {
    if (bytes === null || bytes < KEPT_FROM_BYTES || !isLoose(entries, false)) {
      await this.ended();
      return null;
    }
    try {
      this.journal ??= await this.create(bytes);
    } catch {
      return null; // no room for notes: it goes on within this visit
    }
    this.held = await this.journal.parts.held();
    this.journals.onFreed(); // it is under way, no longer interrupted
    return this.journal.parts;
  }

  /** Gives `place` what is here already, as far as its leaves hold: whole chunks, but never the last. */
  async replay(place: (plaintext: Bytes) => Promise<void>): Promise<LeafList> {
    const leaves = new LeafList();
    const { journal } = this;
    if (journal === null) return leaves;
    const { file, content } = this.sealed;
    const kept = journal.leaves();
    const leafOf = await Leaves.create(file.key, "content", file.id, file.version);
    const whole = RECORDS_PER_CHUNK * file.recordSize;
    journal.parts.replaying = true;
    try {
      for (let chunk = 0; chunk < content.chunks - 1; chunk++) {
        const plain = new Uint8Array(await this.held.slice(chunk * whole, (chunk + 1) * whole).arrayBuffer());
        if (plain.length < whole || kept.length < (leaves.count + RECORDS_PER_CHUNK) * LEAF_BYTES) break;
        const records = Array.from({ length: RECORDS_PER_CHUNK }, (_, at) => plain.subarray(at * file.recordSize, (at + 1) * file.recordSize));
        const found = await Promise.all(records.map((record) => leafOf.leaf(record)));
        const first = leaves.count;
        if (!found.every((leaf, at) => sameBytes(leaf, kept.subarray((first + at) * LEAF_BYTES, (first + at + 1) * LEAF_BYTES)))) break;
        for (const record of records) await place(record);
        for (const leaf of found) leaves.add(leaf);
      }
    } finally {
      journal.parts.replaying = false;
    }
    this.noted = leaves.count;
    if (leaves.count > 0) this.line.set({ resumedFrom: leaves.count * file.recordSize });
    return leaves;
  }

  /** One chunk more is written. */
  keep(leaves: LeafList, bytes: number): void {
    this.journal?.leavesKept(this.noted, leaves.since(this.noted));
    this.journal?.acked({ manifest: 0, content: leaves.count, bytes });
    this.noted = leaves.count;
  }

  /** It broke off: what can be gone on with stays where it is. */
  broke(error: unknown): void {
    if (this.journal !== null && staysAfter(error)) this.journal.parts.stay = true;
  }

  /** It is over, for this reason or, with none, for good; `arrived`: the browser's download may still read its files. */
  async ended(error: unknown = null, arrived = false): Promise<void> {
    if (this.journal === null) return;
    this.journal = null;
    if (staysAfter(error)) this.journals.close(this.name);
    else await this.journals.discard(this.name, arrived);
    this.journals.onFreed();
  }

  private create(bytes: number): Promise<Journal> {
    const { sealed, line, wanted } = this;
    const { title, peer, fileCount } = line.snapshot;
    this.name = line.id;
    return this.journals.create(this.name, {
      v: 1, kind: "download", title, peer, file: sealed.file.id, key: new Uint8Array(0), total: bytes, files: fileCount, started: Date.now(), meeting: null,
      park: null, parked: null, entries: [], offer: null, target: "parts", stored: { ...wanted, upload: sealed.upload },
    });
  }
}

function staysAfter(error: unknown): boolean {
  return error instanceof PeersealError && error.retryable;
}
