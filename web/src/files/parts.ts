/** Files that outlast a visit: each grows under its number in one folder of this browser's private disk. */
import type { Bytes } from "../wire/encoding.ts";
import { diskFull, type ByteStore, type StoreKind } from "./stores.ts";

/** What the worker's file handle of the private disk can do (the DOM's types know it in workers only). */
export interface SyncAccess {
  read(bytes: Uint8Array, options: { readonly at: number }): number;
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}
type WithSyncAccess = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccess> };

const HELD_TRIES = 50;
const HELD_MILLISECONDS = 100;

/** Opens a file of the private disk to be written in place. */
export async function openInPlace(folder: FileSystemDirectoryHandle, name: string): Promise<SyncAccess> {
  const handle = (await folder.getFileHandle(name, { create: true })) as WithSyncAccess;
  return onceFree(() => handle.createSyncAccessHandle());
}

/** Does something with files that the page before this one may still hold: a browser lets go of them a moment after its locks. */
export async function onceFree<T>(act: () => Promise<T>): Promise<T> {
  for (let left = HELD_TRIES; ; left--) {
    try {
      return await act();
    } catch (error) {
      if (left === 0 || !(error instanceof DOMException) || error.name !== "NoModificationAllowedError") throw error;
      await new Promise((resolve) => setTimeout(resolve, HELD_MILLISECONDS));
    }
  }
}

const OCTETS = { type: "application/octet-stream" };
const PART = "part-";

export class Parts implements StoreKind {
  readonly kind = "opfs";
  readonly limit = null;
  /** What is here stays when it is given up. */
  stay = false;
  /** What is written is what lies there already: it is left as it is. */
  replaying = false;
  private readonly folder: FileSystemDirectoryHandle;
  private readonly rest: StoreKind;
  private count = 0;

  /** `rest`: asked whether something fits. */
  constructor(folder: FileSystemDirectoryHandle, rest: StoreKind) {
    this.folder = folder;
    this.rest = rest;
  }

  async open(): Promise<ByteStore> {
    const name = PART + String(this.count++);
    return new Part(this, this.folder, name, await openInPlace(this.folder, name));
  }

  fits(bytes: number): Promise<boolean> {
    return this.rest.fits(bytes);
  }

  /** Everything that was kept, back to back, as it lies there now. */
  async held(): Promise<Blob> {
    const files: File[] = [];
    for (let number = 0; ; number++) {
      const handle = await this.folder.getFileHandle(PART + String(number)).catch(() => null);
      if (handle === null) return new Blob(files);
      files.push(await handle.getFile());
    }
  }
}

class Part implements ByteStore {
  private readonly parts: Parts;
  private readonly folder: FileSystemDirectoryHandle;
  private readonly name: string;
  private readonly access: SyncAccess;
  private length = 0;
  private open = true;

  constructor(parts: Parts, folder: FileSystemDirectoryHandle, name: string, access: SyncAccess) {
    this.parts = parts;
    this.folder = folder;
    this.name = name;
    this.access = access;
  }

  write(bytes: Uint8Array): void {
    if (!this.parts.replaying) {
      let written: number;
      try {
        written = this.access.write(bytes, { at: this.length });
      } catch {
        throw diskFull();
      }
      if (written !== bytes.length) throw diskFull();
    }
    this.length += bytes.length;
  }

  async finish(): Promise<Blob> {
    if (this.access.getSize() > this.length) this.access.truncate(this.length);
    this.close();
    const file = await (await this.folder.getFileHandle(this.name)).getFile();
    if (file.size !== this.length) throw diskFull();
    return new Blob([file], OCTETS); // still on disk: a blob of a file is a reference
  }

  async abort(): Promise<void> {
    this.close();
    if (!this.parts.stay) await this.folder.removeEntry(this.name).catch(() => undefined);
  }

  private close(): void {
    if (!this.open) return;
    this.open = false;
    this.access.close();
  }
}

/** Bytes of a blob, whole. */
export async function bytesOf(blob: Blob): Promise<Bytes> {
  return new Uint8Array(await blob.arrayBuffer());
}
