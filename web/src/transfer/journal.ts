/** Journals of unfinished transfers on this browser's private disk (docs/architecture.md, the journal). */
import { MARK_BYTES, Marks } from "../crypto_engine.ts";
import type { PageSeal } from "../client/page_seal.ts";
import { bytesOf, onceFree, openInPlace, Parts, type SyncAccess } from "../files/parts.ts";
import type { StoreKind } from "../files/stores.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { decodeAbout, encodeAbout, type About } from "./about.ts";
import type { From } from "./carrying.ts";

const FOLDER = "transfers";
const SLOT_BYTES = 32;
const ACKED_BYTES = 24;
const ACKED_MILLISECONDS = 250;
const LOCK = "peerseal transfer ";
const READ_TRIES = 10;
const READ_MILLISECONDS = 100;
/** What lies in a journal's folder beside `about.json` and the parts. */
const NAMES = ["manifest.marks", "content.marks", "manifest.parked", "content.parked", "acked", "manifest"] as const;
type Files = Readonly<Record<(typeof NAMES)[number], SyncAccess>>;
/** A finished file stays this long for the browser's download, which may wait for a person. */
const KEEP_MILLISECONDS = 60 * 60_000;

const STREAMS = ["manifest", "content"] as const;

/** The marks of what a park holds, and from where on they are its own. */
export interface ParkedMarks {
  readonly marks: Marks;
  readonly from: { readonly manifest: number; readonly content: number };
}

/** One that can be gone on with. */
export interface Unfinished {
  readonly id: string;
  readonly about: About;
  readonly held: From;
}

export class Journals {
  private readonly folder: FileSystemDirectoryHandle;
  private readonly seal: PageSeal;
  private readonly stores: StoreKind;
  private readonly open = new Map<string, Journal>();
  private readonly watched = new Set<string>(); // those another page has
  /** Hears when another page let one go. */
  onFreed: () => void = () => undefined;

  private constructor(folder: FileSystemDirectoryHandle, seal: PageSeal, stores: StoreKind) {
    this.folder = folder;
    this.seal = seal;
    this.stores = stores;
  }

  /** Null where nothing outlasts a visit. */
  static async at(seal: () => Promise<PageSeal>, stores: StoreKind): Promise<Journals | null> {
    if (stores.kind !== "opfs") return null;
    try {
      const root = await navigator.storage.getDirectory();
      const journals = new Journals(await root.getDirectoryHandle(FOLDER, { create: true }), await seal(), stores);
      await journals.sweep().catch(() => undefined); // what it leaves goes another time
      return journals;
    } catch {
      return null;
    }
  }

  async create(id: string, about: About): Promise<Journal> {
    const release = await lock(id);
    const journal = await Journal.at(await this.folder.getDirectoryHandle(id, { create: true }), this.seal, this.stores, release);
    await journal.replace(about);
    this.open.set(id, journal);
    return journal;
  }

  /** One that was left; null if another page has it, or it is gone. */
  async take(id: string): Promise<Journal | null> {
    const release = await tryLock(id);
    if (release === null) return null;
    try {
      const journal = await Journal.at(await this.folder.getDirectoryHandle(id), this.seal, this.stores, release);
      this.open.set(id, journal);
      return journal;
    } catch {
      release();
      return null;
    }
  }

  /** It is over here; what is in it stays. */
  close(id: string): void {
    this.open.get(id)?.close();
    this.open.delete(id);
  }

  /** Over for good. `arrived`: files a download may still read stay a while. */
  async discard(id: string, arrived = false): Promise<void> {
    this.close(id);
    const remove = (): Promise<void> => onceFree(() => this.folder.removeEntry(id, { recursive: true })).catch(() => undefined);
    if (!arrived) return remove();
    const folder = await this.folder.getDirectoryHandle(id).catch(() => null);
    await folder?.removeEntry("about.json").catch(() => undefined);
    setTimeout(() => void remove(), KEEP_MILLISECONDS);
  }

  /** All that nobody is working on. */
  async all(): Promise<Unfinished[]> {
    const busy = await busyIds();
    const found: Unfinished[] = [];
    for await (const id of this.folder.keys()) {
      if (busy.has(id)) {
        this.watch(id);
        continue;
      }
      const folder = await this.folder.getDirectoryHandle(id).catch(() => null);
      const sealed = folder === null ? null : await readSoon(folder, "about.json");
      if (folder === null || sealed === null) continue;
      try {
        const about = decodeAbout(await this.seal.open(sealed));
        const acked = (await readSoon(folder, "acked")) ?? new Uint8Array(0);
        found.push({ id, about, held: heldOf(acked) });
      } catch {
        continue; // of another version, or sealed by a key that is gone
      }
    }
    return found;
  }

  /** A page that was just left, or is open beside this one, holds it: heard of when it does no more. */
  private watch(id: string): void {
    if (this.open.has(id) || this.watched.has(id)) return;
    this.watched.add(id);
    void navigator.locks
      .request(LOCK + id, () => undefined)
      .catch(() => undefined)
      .then(() => {
        this.watched.delete(id);
        this.onFreed();
      });
  }

  /** Removes what finished transfers of pages that are gone left behind. */
  private async sweep(): Promise<void> {
    const ids: string[] = [];
    for await (const id of this.folder.keys()) ids.push(id);
    for (const id of ids) {
      const release = await tryLock(id); // nobody begins one of this name meanwhile
      if (release === null) continue;
      try {
        if (await this.isOver(id)) await this.folder.removeEntry(id, { recursive: true }).catch(() => undefined);
      } finally {
        release();
      }
    }
  }

  /** Only what is surely not there says so: a browser may fail to look for a moment. */
  private async isOver(id: string): Promise<boolean> {
    try {
      await (await this.folder.getDirectoryHandle(id)).getFileHandle("about.json");
      return false;
    } catch (error) {
      return error instanceof DOMException && error.name === "NotFoundError";
    }
  }
}

/** One open journal. */
export class Journal {
  /** Where the files of a receiver grow. */
  readonly parts: Parts;
  private readonly folder: FileSystemDirectoryHandle;
  private readonly seal: PageSeal;
  private readonly release: () => void;
  private readonly files: Files;
  private readonly slot = new Uint8Array(SLOT_BYTES);
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
    this.put(`${stream}.marks`, index, mark);
  }

  /** The mark of a record that was sealed for a park. */
  parkedMark(stream: StreamName, index: number, mark: Uint8Array): void {
    this.put(`${stream}.parked`, index, mark);
  }

  /** Another park begins: the marks of one before are no use. */
  parkAnew(): void {
    if (this.open) for (const stream of STREAMS) this.files[`${stream}.parked`].truncate(0);
  }

  /** All marks, as far as they go without a gap. */
  marks(): Marks {
    const marks = new Marks();
    for (const stream of STREAMS) for (const [index, mark] of this.slots(`${stream}.marks`)) if (index === marks.count(stream)) marks.put(stream, index, mark);
    return marks;
  }

  /** Those of the park, and where it began; below are those of what was sent before. Null if there is none. */
  parked(own: Marks): ParkedMarks | null {
    const marks = new Marks();
    const from = { manifest: 0, content: 0 };
    for (const stream of STREAMS) {
      const slots = this.slots(`${stream}.parked`);
      from[stream] = slots[0]?.[0] ?? own.count(stream);
      for (let index = 0; index < Math.min(from[stream], own.count(stream)); index++) marks.put(stream, index, own.get(stream, index));
      for (const [index, mark] of slots) if (index === marks.count(stream)) marks.put(stream, index, mark);
    }
    return this.files["manifest.parked"].getSize() + this.files["content.parked"].getSize() === 0 ? null : { marks, from };
  }

  /** Leaves of a download's content, back to back, from the `first` on. */
  leavesKept(first: number, leaves: Uint8Array): void {
    if (this.open) this.files["content.marks"].write(leaves, { at: first * SLOT_BYTES });
  }

  /** All of them. */
  leaves(): Bytes {
    const all = new Uint8Array(this.files["content.marks"].getSize());
    this.files["content.marks"].read(all, { at: 0 });
    return all;
  }

  private put(name: keyof Files, index: number, mark: Uint8Array): void {
    if (!this.open) return;
    this.slot.fill(0);
    this.slot.set(mark.subarray(0, MARK_BYTES));
    this.files[name].write(this.slot, { at: index * SLOT_BYTES });
  }

  /** What stands in a row of slots, from the first that is there to the next that is not. */
  private slots(name: keyof Files): (readonly [index: number, mark: Uint8Array])[] {
    const all = new Uint8Array(this.files[name].getSize());
    this.files[name].read(all, { at: 0 });
    const found: (readonly [number, Uint8Array])[] = [];
    for (let index = 0; (index + 1) * SLOT_BYTES <= all.length; index++) {
      const mark = all.subarray(index * SLOT_BYTES, index * SLOT_BYTES + MARK_BYTES);
      const there = mark.some((byte) => byte !== 0);
      if (there) found.push([index, mark]);
      else if (found.length > 0) break;
    }
    return found;
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

function heldOf(bytes: Bytes): From {
  if (bytes.length < ACKED_BYTES) return { manifest: 0, content: 0, bytes: 0 };
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const at = (place: number): number => Number(view.getBigUint64(8 * place));
  return { manifest: at(0), content: at(1), bytes: at(2) };
}

/** A small file whole, or null if it is not there. One that a page which is just being left still wrote to is read again. */
async function readSoon(folder: FileSystemDirectoryHandle, name: string): Promise<Bytes | null> {
  for (let left = READ_TRIES; ; left--) {
    try {
      return await bytesOf(await (await folder.getFileHandle(name)).getFile());
    } catch (error) {
      if (left === 0 || (error instanceof DOMException && error.name === "NotFoundError")) return null;
      await new Promise((resolve) => setTimeout(resolve, READ_MILLISECONDS));
    }
  }
}

/** Holds the lock of a journal; gives what lets it go. */
function lock(id: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(LOCK + id, () => new Promise<void>((release) => { resolve(release); })).catch(reject);
  });
}

/** As `lock`, or null if somebody holds it. */
function tryLock(id: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(LOCK + id, { ifAvailable: true }, (held) => {
        if (held === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((release) => { resolve(release); });
      })
      .catch(reject);
  });
}

async function busyIds(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name = "" }) => name).filter((name) => name.startsWith(LOCK)).map((name) => name.slice(LOCK.length)));
}
