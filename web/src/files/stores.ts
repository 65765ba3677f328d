/** Where the bytes of one file lie until it is complete: this browser's private disk (OPFS), or memory as a last resort. */
import { LocalFileFailed } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import { MIB } from "../wire/limits.ts";

/** Bytes go in at the end; `finish` gives them back as one blob. After `abort` nothing is left. */
export interface ByteStore {
  write(bytes: Uint8Array): void;
  finish(): Promise<Blob>;
  abort(): Promise<void>;
}

/** Makes stores; `limit` is the most bytes one transfer may have, null for no limit of ours. */
export interface StoreKind {
  readonly kind: "opfs" | "memory";
  readonly limit: number | null;
  open(): Promise<ByteStore>;
  /** Whether so many bytes can be kept now, as far as the browser tells. */
  fits(bytes: number): Promise<boolean>;
}

/** Files in memory are all there at once, so they have a limit. */
export const MEMORY_LIMIT = 512 * MIB;
const MEMORY_PIECE = 16 * MIB;
const OCTETS = { type: "application/octet-stream" };

/** What the worker's file handle of the private disk can do (the DOM's types know it in workers only). */
interface SyncAccess {
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}
type WithSyncAccess = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccess> };

const FOLDER = "peerseal-";
const SWEEP_AGAIN_MILLISECONDS = 3_000;
/** A finished file stays this long for the browser's download, which may wait for a person. */
const KEEP_MILLISECONDS = 60 * 60_000;

/** The best this browser offers here: OPFS if it works in this context, else memory. */
export async function openStoreKind(): Promise<StoreKind> {
  try {
    return await OpfsKind.open();
  } catch {
    return memoryKind;
  }
}

/** One folder per page, guarded by a lock: what belongs to pages that are gone is swept at the next start. */
class OpfsKind implements StoreKind {
  readonly kind = "opfs";
  readonly limit = null;
  private readonly root: FileSystemDirectoryHandle;
  private readonly name: string;
  private count = 0;

  private constructor(root: FileSystemDirectoryHandle, name: string) {
    this.root = root;
    this.name = name;
  }

  static async open(): Promise<OpfsKind> {
    const root = await navigator.storage.getDirectory();
    const name = FOLDER + crypto.randomUUID();
    await hold(name);
    await sweep(root);
    // A page that was just left may hold its lock and files a moment longer.
    setTimeout(() => void sweep(root).catch(() => undefined), SWEEP_AGAIN_MILLISECONDS);
    const kind = new OpfsKind(root, name);
    const probe = await kind.open(); // in private windows of some browsers the folder is there but the handle is not
    await probe.abort();
    await root.removeEntry(name, { recursive: true }).catch(() => undefined); // empty, and swept at the next start
    return kind;
  }

  async open(): Promise<OpfsStore> {
    const folder = await this.root.getDirectoryHandle(this.name, { create: true });
    const name = String(this.count++);
    const handle = (await folder.getFileHandle(name, { create: true })) as WithSyncAccess;
    return new OpfsStore(folder, name, handle, await handle.createSyncAccessHandle());
  }

  /** Tried, not asked: Chromium's estimate is 10 GiB whatever is true, in private windows too, where it is memory.
   * A file that grows without being written takes no disk, only leave; in private windows it takes memory for a moment.
   */
  async fits(bytes: number): Promise<boolean> {
    const probe = await this.open();
    try {
      return probe.grows(bytes);
    } finally {
      await probe.abort();
    }
  }
}

class OpfsStore implements ByteStore {
  private readonly folder: FileSystemDirectoryHandle;
  private readonly name: string;
  private readonly handle: FileSystemFileHandle;
  private readonly access: SyncAccess;
  private length = 0;
  private open = true;

  constructor(folder: FileSystemDirectoryHandle, name: string, handle: FileSystemFileHandle, access: SyncAccess) {
    this.folder = folder;
    this.name = name;
    this.handle = handle;
    this.access = access;
  }

  write(bytes: Uint8Array): void {
    let written: number;
    try {
      written = this.access.write(bytes, { at: this.length });
    } catch {
      throw diskFull();
    }
    if (written !== bytes.length) throw diskFull();
    this.length += written;
  }

  /** Whether the file may become so large. Chromium refuses by an error on disk and by doing nothing in memory. */
  grows(bytes: number): boolean {
    try {
      this.access.truncate(bytes);
      const grown = this.access.getSize() === bytes;
      this.access.truncate(this.length);
      return grown;
    } catch {
      return false;
    }
  }

  async finish(): Promise<Blob> {
    this.close();
    const file = await this.handle.getFile();
    if (file.size !== this.length) throw diskFull();
    setTimeout(() => void this.remove(), KEEP_MILLISECONDS);
    return new Blob([file], OCTETS); // still on disk: a blob of a file is a reference
  }

  async abort(): Promise<void> {
    this.close();
    await this.remove();
  }

  private close(): void {
    if (!this.open) return;
    this.open = false;
    this.access.close();
  }

  private remove(): Promise<void> {
    return this.folder.removeEntry(this.name).catch(() => undefined);
  }
}

/** Holds a lock for as long as this worker lives. */
function hold(name: string): Promise<void> {
  return new Promise((held, failed) => {
    const forever = new Promise<never>(() => undefined);
    navigator.locks
      .request(name, () => {
        held();
        return forever;
      })
      .catch(failed);
  });
}

/** Removes the folders of pages that are gone. */
async function sweep(root: FileSystemDirectoryHandle): Promise<void> {
  const names: string[] = [];
  for await (const name of root.keys()) if (name.startsWith(FOLDER)) names.push(name);
  const { held = [] } = await navigator.locks.query(); // after that: a page that begins meanwhile locks its name, then makes its folder
  const alive = new Set(held.map((lock) => lock.name));
  for (const name of names) if (!alive.has(name)) await root.removeEntry(name, { recursive: true }).catch(() => undefined);
}

const memoryKind: StoreKind = {
  kind: "memory",
  limit: MEMORY_LIMIT,
  open: () => Promise.resolve(new MemoryStore()),
  fits: (bytes) => Promise.resolve(bytes <= MEMORY_LIMIT),
};

/** Pieces become blobs as they come: the browser may keep those outside the page's own memory. */
class MemoryStore implements ByteStore {
  private blobs: Blob[] = [];
  private pieces: Bytes[] = [];
  private held = 0;
  private length = 0;

  write(bytes: Uint8Array): void {
    this.length += bytes.length;
    if (this.length > MEMORY_LIMIT) throw tooLarge();
    this.pieces.push(bytes.slice());
    this.held += bytes.length;
    if (this.held >= MEMORY_PIECE) this.fold();
  }

  finish(): Promise<Blob> {
    this.fold();
    const whole = new Blob(this.blobs, OCTETS);
    this.blobs = [];
    return Promise.resolve(whole);
  }

  abort(): Promise<void> {
    this.blobs = [];
    this.pieces = [];
    return Promise.resolve();
  }

  private fold(): void {
    this.blobs.push(new Blob(this.pieces));
    this.pieces = [];
    this.held = 0;
  }
}

export function tooLarge(): LocalFileFailed {
  return new LocalFileFailed("This is too large for this page to keep.", {
    code: "too_large_here",
    hint: "On a page without https a browser can only keep files in memory, up to 512 MB. Open the page by https or on localhost, or use the command line.",
  });
}

export function diskFull(): LocalFileFailed {
  return new LocalFileFailed("There is not enough room on this device.", {
    code: "no_space",
    hint: "Make room and ask for it again.",
    retryable: true,
  });
}
