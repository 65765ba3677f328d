/** Shelves: what becomes of the entries of a transfer. One gets whole files, in order, and delivers them at the end. */
import type { ByteStore, StoreKind } from "./stores.ts";
import { LocalPaths } from "./names.ts";

/** One thing that arrives; fields as in docs/protocol.md §4.2. `size` null: given later. */
export interface SinkEntry {
  readonly path: string;
  readonly kind: "file" | "directory" | "text";
  readonly size: number | null;
  readonly modified: number;
}

/** What the person gets: files to download, or a text to read, or nothing more because it lies where they chose. */
export interface Delivery {
  readonly downloads: readonly { readonly name: string; readonly blob: Blob }[];
  readonly text: string | null;
}

/** `begin`, any number of `write`, `end` for each entry; then `finish`, once, when all of it verified. Or `abort`. */
export interface Shelf {
  begin(entry: SinkEntry): Promise<void>;
  write(bytes: Uint8Array): Promise<void> | void;
  end(): Promise<void>;
  finish(): Promise<Delivery>;
  abort(): Promise<void>;
}

/** Each file becomes a download of its own. */
export class LooseShelf implements Shelf {
  private readonly stores: StoreKind;
  private readonly paths = new LocalPaths();
  private readonly files: { readonly name: string; readonly store: ByteStore }[] = [];

  constructor(stores: StoreKind) {
    this.stores = stores;
  }

  async begin(entry: SinkEntry): Promise<void> {
    const name = this.paths.place(entry.path, false).at(-1)!;
    this.files.push({ name, store: await this.stores.open() });
  }

  write(bytes: Uint8Array): void {
    this.files.at(-1)!.store.write(bytes);
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  async finish(): Promise<Delivery> {
    const downloads = [];
    for (const { name, store } of this.files) downloads.push({ name, blob: await store.finish() });
    return { downloads, text: null };
  }

  async abort(): Promise<void> {
    for (const { store } of this.files) await store.abort();
  }
}

/** A message, to be read on the page. */
export class TextShelf implements Shelf {
  private readonly decoder = new TextDecoder();
  private text = "";

  begin(): Promise<void> {
    return Promise.resolve();
  }

  write(bytes: Uint8Array): void {
    this.text += this.decoder.decode(bytes, { stream: true });
  }

  end(): Promise<void> {
    this.text += this.decoder.decode();
    return Promise.resolve();
  }

  finish(): Promise<Delivery> {
    return Promise.resolve({ downloads: [], text: this.text });
  }

  abort(): Promise<void> {
    this.text = "";
    return Promise.resolve();
  }
}
