/** The journal of one unfinished transfer, open on this browser's private disk (docs/architecture.md, the journal). */
import { Marks } from "../crypto_engine.ts";
import type { PageSeal } from "../client/page_seal.ts";
import { bytesOf, openInPlace, Parts, type SyncAccess } from "../files/parts.ts";
import type { StoreKind } from "../files/stores.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { decodeAbout, encodeAbout, type About } from "./about.ts";
import type { From } from "./carrying.ts";
import { allSlots, behindGap, putLeaves, putMark } from "./slots.ts";

const ACKED_BYTES = 24;
const ACKED_MILLISECONDS = 250;
/** What lies in a journal's folder beside `about.json` and the parts. */
const NAMES = ["manifest.marks", "content.marks", "manifest.parked", "content.parked", "acked", "manifest"] as const;
type Files = Readonly<Record<(typeof NAMES)[number], SyncAccess>>;

const STREAMS = ["manifest", "content"] as const;

/** The marks of what a park holds, and from where on they are its own. */
export interface ParkedMarks {
  readonly marks: Marks;
  readonly from: { readonly manifest: number; readonly content: number };
}

/** One open journal. */
export class Journal {
  /** Where the files of a receiver grow. */
  readonly parts: Parts;
  private readonly folder: FileSystemDirectoryHandle;
  private readonly seal: PageSeal;
  private readonly release: () => void;
  private readonly files: Files;
  private listed: number;
  private held: From | null = null; // not written yet
  private heldAt = -Infinity;
  private open = true;

  private constructor(
    folder: FileSystemDirectoryHandle, seal: PageSeal, stores: StoreKind, release: () => void, files: Files,
  ) {
    this.folder = folder;
    this.seal = seal;
    this.parts = new Parts(folder, stores);
    this.release = release;
    this.files = files;
    this.listed = files.manifest.getSize();
  }

  static async at(folder: FileSystemDirectoryHandle, seal: PageSeal, stores: StoreKind, release: () => void): Promise<Journal> {
    const opened: [name: string, file: SyncAccess][] = [];
    try {
      for (const name of NAMES) opened.push([name, await openInPlace(folder, name)]);
    } catch (error) {
      for (const [, file] of opened) file.close();
      throw error;
    }
    return new Journal(folder, seal, stores, release, Object.fromEntries(opened) as Files);
  }

  async about(): Promise<About> {
    const file = await (await this.folder.getFileHandle("about.json")).getFile();
    return decodeAbout(await this.seal.open(await bytesOf(file)));
  }

  async replace(about: About): Promise<void> {
    const handle = await this.folder.getFileHandle("about.json", { create: true });
    const writable = await handle.createWritable();
    await writable.write(await this.seal.seal(encodeAbout(about)));
    await writable.close(); // takes the old one's place at once
  }

  mark(stream: StreamName, index: number, mark: Uint8Array): void {
    if (this.open) putMark(this.files[`${stream}.marks`], index, mark);
  }

  /** The mark of a record that was sealed for a park. */
  parkedMark(stream: StreamName, index: number, mark: Uint8Array): void {
    if (this.open) putMark(this.files[`${stream}.parked`], index, mark);
  }

  /** Another park begins: the marks of one before are no use. */
  parkAnew(): void {
    if (this.open) for (const stream of STREAMS) this.files[`${stream}.parked`].truncate(0);
  }

  /** All marks, as far as they go without a gap. */
  marks(): Marks {
    const marks = new Marks();
    for (const stream of STREAMS) for (const [index, mark] of behindGap(this.files[`${stream}.marks`])) if (index === marks.count(stream)) marks.put(stream, index, mark);
    return marks;
  }

  /** Those of the park, and where it began; below are those of what was sent before. Null if there is none. */
  parked(own: Marks): ParkedMarks | null {
    const marks = new Marks();
    const from = { manifest: 0, content: 0 };
    for (const stream of STREAMS) {
      const slots = behindGap(this.files[`${stream}.parked`]);
      from[stream] = slots[0]?.[0] ?? own.count(stream);
      for (let index = 0; index < Math.min(from[stream], own.count(stream)); index++) marks.put(stream, index, own.get(stream, index));
      for (const [index, mark] of slots) if (index === marks.count(stream)) marks.put(stream, index, mark);
    }
    return this.files["manifest.parked"].getSize() + this.files["content.parked"].getSize() === 0 ? null : { marks, from };
  }

  /** Leaves of a download's content, back to back, from the `first` on. */
  leavesKept(first: number, leaves: Uint8Array): void {
    if (this.open) putLeaves(this.files["content.marks"], first, leaves);
  }

  /** All of them. */
  leaves(): Bytes {
    return allSlots(this.files["content.marks"]);
  }

  manifestAdd(bytes: Uint8Array): void {
    if (!this.open) return;
    this.files.manifest.write(bytes, { at: this.listed });
    this.listed += bytes.length;
  }

  /** The manifest so far. */
  manifest(): Bytes {
    const bytes = new Uint8Array(this.listed);
    this.files.manifest.read(bytes, { at: 0 });
    return bytes;
  }

  /** Forgets the manifest, which is read again. */
  manifestAnew(): void {
    this.files.manifest.truncate(0);
    this.listed = 0;
  }

  /** How far the receiver is: shown when it is listed, so a moment's delay is nothing. */
  acked(held: From): void {
    this.held = held;
    if (this.open && performance.now() - this.heldAt > ACKED_MILLISECONDS) this.writeAcked(held);
  }

  private writeAcked({ manifest, content, bytes }: From): void {
    this.heldAt = performance.now();
    this.held = null;
    const view = new DataView(new ArrayBuffer(ACKED_BYTES));
    [manifest, content, bytes].forEach((count, at) => {
      view.setBigUint64(8 * at, BigInt(count));
    });
    this.files.acked.write(new Uint8Array(view.buffer), { at: 0 });
  }

  close(): void {
    if (!this.open) return;
    if (this.held !== null) this.writeAcked(this.held);
    this.open = false;
    for (const file of Object.values(this.files)) file.close();
    this.release();
  }
}

/** How far `acked` says a transfer is: nothing as long as it is empty. */
export function heldOf(bytes: Bytes): From {
  if (bytes.length < ACKED_BYTES) return { manifest: 0, content: 0, bytes: 0 };
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const at = (place: number): number => Number(view.getBigUint64(8 * place));
  return { manifest: at(0), content: at(1), bytes: at(2) };
}
