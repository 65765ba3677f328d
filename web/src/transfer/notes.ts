/** What a transfer writes down so that a later visit can go on with it (docs/architecture.md, the journal). */
import { manifestRecordSize, RECORD_SIZE } from "../wire/limits.ts";
import { MarkCheck, Marks, type FileKey, type ParkSecret } from "../crypto_engine.ts";
import { LocalFileFailed } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { SenderPark } from "../client/parks.ts";
import type { StoreKind } from "../files/stores.ts";
import type { Offer } from "../protocol/control.ts";
import type { StreamName } from "../wire/frames.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { About, Meeting } from "./about.ts";
import type { From } from "./carrying.ts";
import type { Bond } from "./comeback.ts";
import type { Journal } from "./journal.ts";
import type { Journals } from "./journals.ts";
import type { Line } from "./ledger.ts";
import { recordsOf, type Sealing } from "./records.ts";

/** Where transfers are written down, and what of the link both need to meet again. */
export interface Desk {
  readonly journals: Journals | null;
  bond(): Bond | null;
  /** A transfer is over for now, and can be gone on with later; `source`: what it reads from. */
  interrupted(line: Line, source: Source | null): void;
}

/** What is the same for both directions. `journal` is null until the key was handed over, and where nothing outlasts a visit. */
class Notes {
  readonly line: Line;
  park: ParkSecret | null = null;
  protected readonly journals: Journals | null;
  protected readonly bond: () => Bond | null;
  protected journal: Journal | null;
  private readonly name: string; // of the journal

  constructor(journals: Journals | null, line: Line, bond: () => Bond | null, journal: Journal | null = null, name = line.id) {
    this.name = name;
    this.journals = journals;
    this.line = line;
    this.bond = bond;
    this.journal = journal;
  }

  /** Both can go on with it from a later visit. */
  get kept(): boolean {
    return this.journal !== null;
  }

  acked(held: From): void {
    this.journal?.acked(held);
  }

  /** It is over here. `stays`: it can be gone on with; `arrived`: its files may still be read by the browser's download. */
  async ended(stays: boolean, arrived = false): Promise<void> {
    if (this.journal === null) return;
    this.journal = null;
    if (stays) this.journals?.close(this.name);
    else await this.journals?.discard(this.name, arrived);
  }

  /** Changes what the journal says. */
  async note(change: Partial<About>): Promise<void> {
    if (this.journal !== null) await this.journal.replace({ ...(await this.journal.about()), ...change });
  }

  protected async start(about: Omit<About, "v" | "title" | "peer" | "total" | "files" | "started" | "meeting" | "park" | "parked" | "stored">): Promise<void> {
    const bond = this.bond();
    if (this.journals === null || this.journal !== null || bond === null) return;
    const { title, peer, total, fileCount } = this.line.snapshot;
    try {
      this.journal = await this.journals.create(this.name, {
        v: 1, title, peer, total, files: fileCount, started: Date.now(), meeting: meetingOf(bond), park: this.park?.reveal() ?? null, parked: null,
        stored: null, ...about,
      });
    } catch {
      this.journal = null; // no room for notes: it goes on within this visit
    }
  }
}

export class SendNotes extends Notes {
  private checked = 0; // content records that are known to be those of before

  begin({ id, key }: Sealing, source: Source): Promise<void> {
    const entries = source.entries.map(({ path, kind, size, modified }) => ({ path, kind, size, modified }));
    return this.start({ kind: "send", file: id, key: key.reveal(), entries, offer: null, target: "other" });
  }

  /** A record is about to leave, with its mark in front. */
  sealed(stream: StreamName, index: number, record: Uint8Array): void {
    this.journal?.mark(stream, index, record);
  }

  /** A park begins: who goes on later knows it, and what it was sealed with. */
  async parkMade({ park, token }: Pick<SenderPark, "park" | "token">): Promise<void> {
    this.journal?.parkAnew();
    await this.note({ parked: { park, token } });
  }

  /** A record is about to leave for the park. */
  parked(stream: StreamName, index: number, record: Uint8Array): void {
    this.journal?.parkedMark(stream, index, record);
  }

  /** The source may have changed since an earlier visit: raises `source_changed` if a record below is another one now. */
  async checkBelow(sealing: Sealing, source: Source, held: From): Promise<void> {
    if (this.journal === null || source.touched !== true) return;
    const check = await MarkCheck.create(sealing.key, "content", sealing.id, sealing.version);
    const all = Math.max(1, Math.ceil(source.bytes / RECORD_SIZE));
    let index = this.checked;
    if (index >= held.content) return;
    for await (const plaintext of recordsOf(source.content(index * RECORD_SIZE), RECORD_SIZE)) {
      if (index >= held.content) return;
      if (!(await check.holds(index, index === all - 1, sealing.marks.get("content", index), plaintext))) throw changed();
      this.checked = ++index;
    }
  }
}

export class ReceiveNotes extends Notes {
  private replaying = false;

  /** Where its files grow, so that they outlast this visit; null for what begins anew then. */
  get stores(): StoreKind | null {
    return this.journal !== null && this.parts ? this.journal.parts : null;
  }

  private parts = false;

  async begin(offer: Offer, key: FileKey, somewhere: boolean): Promise<void> {
    this.parts = !somewhere && isLooseOffer(offer);
    await this.start({ kind: "receive", file: offer.id, key: key.reveal(), entries: [], offer, target: this.parts ? "parts" : "other" });
  }

  /** A record is kept. */
  recordKept(stream: StreamName, index: number, mark: Uint8Array, plaintext: Uint8Array): void {
    if (this.journal === null || this.replaying) return;
    if (stream === "manifest") this.journal.manifestAdd(plaintext);
    this.journal.mark(stream, index, mark);
  }

  /** What is given up may be gone on with. */
  stays(): void {
    if (this.journal !== null) this.journal.parts.stay = true;
  }

  /**
   * Goes through what an earlier visit kept, as far as its marks hold: `keep` is given each record as it was.
   * What comes behind is received again.
   */
  async replay(about: About, offer: Offer, key: FileKey, keep: Keep): Promise<void> {
    const { journal } = this;
    if (journal === null) return;
    this.parts = about.target === "parts";
    const marks = journal.marks();
    const manifest = journal.manifest();
    if (!this.parts) {
      journal.manifestAnew();
      return;
    }
    this.replaying = journal.parts.replaying = true;
    try {
      const whole = await this.walk("manifest", new Blob([manifest]), manifestRecordSize(offer.recordSize), marks, offer, key, keep);
      if (whole) await this.walk("content", await journal.parts.held(), offer.recordSize, marks, offer, key, keep);
    } finally {
      this.replaying = journal.parts.replaying = false;
    }
  }

  /** True if the stream's final record was among them. */
  private async walk(
    stream: StreamName, held: Blob, size: number, marks: Marks, { id, version }: Offer, key: FileKey, keep: Keep,
  ): Promise<boolean> {
    const check = await MarkCheck.create(key, stream, id, version);
    for (let index = 0; index < marks.count(stream); index++) {
      const plaintext: Bytes = new Uint8Array(await held.slice(index * size, (index + 1) * size).arrayBuffer());
      const mark = marks.get(stream, index);
      const final = (plaintext.length < size || index === marks.count(stream) - 1) && (await check.holds(index, true, mark, plaintext));
      if (!final && (plaintext.length < size || !(await check.holds(index, false, mark, plaintext)))) return false;
      await keep(stream, index, plaintext, final, mark);
      if (final) return true;
    }
    return false;
  }
}

type Keep = (stream: StreamName, index: number, plaintext: Bytes, final: boolean, mark: Bytes) => Promise<void>;

export function meetingOf({ secret, role, mode, verified, maySend, bundle }: Bond): Meeting {
  return { secret: secret.reveal(), role, mode, verified, maySend, bundle: bundle?.encoded ?? null, contact: null };
}


/** Whether this becomes downloads of their own (files/sink): those lie in the journal's folder. */
function isLooseOffer({ text, open, files, preview }: Offer): boolean {
  return !text && !open && files <= 10 && preview.length === files && preview.every(({ kind, path }) => kind === "file" && !path.includes("/"));
}

function changed(): LocalFileFailed {
  return new LocalFileFailed("A file changed since this began.", {
    code: "source_changed", hint: "Choose it again and send it again.", retryable: true,
  });
}
