/** The journals in this browser: which there are that nobody works on, making, taking and removing one. */
import type { PageSeal } from "../client/page_seal.ts";
import { onceFree } from "../files/parts.ts";
import type { StoreKind } from "../files/stores.ts";
import { decodeAbout, type About } from "./about.ts";
import type { From } from "./carrying.ts";
import { heldOf, Journal } from "./journal.ts";
import { busyIds, isAbsent, lock, onceLetGo, readSoon, tryLock } from "./journal_folder.ts";

const FOLDER = "transfers";
/** A finished file stays this long for the browser's download, which may wait for a person. */
const KEEP_MILLISECONDS = 60 * 60_000;

/** What cannot be read is looked for again so long after, then after twice as long each time, and so often. */
const AGAIN_MILLISECONDS = 200;
const AGAIN_MOST = 9;

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
  private again = 0; // times in a row
  private waits = false;
  /** Hears when there may be more to list: another page let one go, or one could not be read and perhaps can be now. */
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
    try {
      const journal = await Journal.at(await this.folder.getDirectoryHandle(id, { create: true }), this.seal, this.stores, release);
      this.open.set(id, journal);
      await journal.replace(about);
      return journal;
    } catch (error) {
      void this.discard(id).then(release);
      throw error;
    }
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

  /** All that nobody is working on, as far as they can be read now. */
  async all(): Promise<Unfinished[]> {
    const found: Unfinished[] = [];
    let unread = false;
    try {
      const busy = await busyIds();
      for await (const id of this.folder.keys()) {
        if (busy.has(id)) this.watch(id);
        else await this.look(id).then((one) => one !== null && found.push(one), (error: unknown) => { unread ||= !isAbsent(error); });
      }
    } catch {
      unread = true; // the folder itself, in the middle of it perhaps
    }
    if (unread) this.lookAgain();
    else this.again = 0;
    return found;
  }

  /** Null for what is over, of another version, or sealed by a key that is gone. Raises what keeps the browser from reading it. */
  private async look(id: string): Promise<Unfinished | null> {
    const folder = await this.folder.getDirectoryHandle(id);
    const sealed = await readSoon(folder, "about.json");
    if (sealed === null) return null;
    const acked = (await readSoon(folder, "acked")) ?? new Uint8Array(0);
    try {
      return { id, about: decodeAbout(await this.seal.open(sealed)), held: heldOf(acked) };
    } catch {
      return null;
    }
  }

  private lookAgain(): void {
    if (this.waits || this.again === AGAIN_MOST) return;
    this.waits = true;
    setTimeout(() => {
      this.waits = false;
      this.onFreed();
    }, AGAIN_MILLISECONDS * 2 ** this.again++);
  }

  /** A page that was just left, or is open beside this one, holds it: heard of when it does no more. */
  private watch(id: string): void {
    if (this.open.has(id) || this.watched.has(id)) return;
    this.watched.add(id);
    void onceLetGo(id).then(() => {
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

  private async isOver(id: string): Promise<boolean> {
    try {
      await (await this.folder.getDirectoryHandle(id)).getFileHandle("about.json");
      return false;
    } catch (error) {
      return isAbsent(error);
    }
  }
}
